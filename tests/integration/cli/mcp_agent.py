"""Stands in for Claude Code, and makes its calls by the MCP server that it is told of.

Called as ``mcp_agent.py FOLDER OPTION...``. FOLDER/<task>.json has the calls to make, once
FOLDER/go is there; FOLDER/<task>.said gets the answers.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from tests.integration.agent.mcp_client import used

SESSION = "0a1b2c3d-0000-4000-8000-00000000000"


def main(folder: Path, options: list[str]) -> None:
    task = os.environ["AGENTRELAY_TASK"]
    servers = json.loads(options[options.index("--mcp-config") + 1])["mcpServers"]
    assert servers["agentrelay"]["headers"]["Authorization"] == "Bearer ${AGENTRELAY_TOKEN}"
    url, token = servers["agentrelay"]["url"], os.environ["AGENTRELAY_TOKEN"]
    (folder / f"{task}.url").write_text(url)
    Path(f"{task}.txt").write_text("work\n")
    while not (folder / "go").exists():
        time.sleep(0.02)
    answers = used(url, token, json.loads((folder / f"{task}.json").read_text()))
    (folder / f"{task}.said").write_text(json.dumps(answers))
    result = {"type": "result", "subtype": "success", "result": "There.", "session_id": SESSION}
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
