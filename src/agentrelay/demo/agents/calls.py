"""What an agent says to agentrelay, through the command that it was given for that."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from agentrelay._shared import process


def done(summary: str) -> None:
    """Say that the task is done, in one line."""
    _call("done", "--summary", summary)


def concern(text: str) -> None:
    """Say what a person should see before this lands."""
    _call("concern", text)


def log(text: str) -> None:
    """Write a line to the turn's log."""
    sys.stderr.write(f"{text}\n")


def feedback() -> str:
    """Return what was sent back to this turn; empty in a first turn."""
    told = os.environ.get("AGENTRELAY_FEEDBACK")
    return Path(told).read_text(encoding="utf-8") if told else ""


def _call(*words: str) -> None:
    argv = [os.environ["AGENTRELAY_BIN"], "task", *words]
    ended = process.run(argv, cwd=Path.cwd(), env=os.environ)
    log((ended.stdout + ended.stderr).decode("utf-8", "replace").rstrip())
    if ended.returncode:
        sys.exit(ended.returncode)
