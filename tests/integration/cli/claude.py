"""Stands in for Claude Code: a stream of its events, from an account whose state is in a folder.

Called as ``claude.py FOLDER OPTION...``. FOLDER/starts gets a line for each start; FOLDER/refuses
has the HTTP status with which the service refuses, and until when, where it says so. A turn that
is served costs two dollars.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

SESSION = "0a1b2c3d-0000-4000-8000-00000000000"


def say(**event: object) -> None:
    print(json.dumps({"session_id": SESSION, **event}), flush=True)


def refusal(folder: Path) -> dict[str, float] | None:
    try:
        found = json.loads((folder / "refuses").read_text())
    except FileNotFoundError:
        return None
    return found if time.time() < found.get("until", float("inf")) else None


def main(folder: Path, options: list[str]) -> int:
    task = os.environ["AGENTRELAY_TASK"]
    with (folder / "starts").open("a") as starts:
        starts.write(json.dumps({"task": task, "resumes": "--resume" in options}) + "\n")
    kept = Path(os.environ["HOME"]) / ".claude" / "projects" / "here" / f"{SESSION}.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.touch()
    say(type="system", subtype="init")
    if (refused := refusal(folder)) is not None:
        limit = {"status": "rejected", "resetsAt": refused.get("until")}
        say(type="rate_limit_event", rate_limit_info=limit)
        status = refused["status"]
        say(type="result", is_error=True, api_error_status=status, result=f"API Error: {status}")
        return 1
    Path(f"{task}.txt").write_text("done\n")
    used = {"model": {"inputTokens": 1000, "outputTokens": 100, "cacheReadInputTokens": 400}}
    say(type="result", subtype="success", result="There.", modelUsage=used, total_cost_usd=2.0)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
