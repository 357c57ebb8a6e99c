"""What of a run its reader has seen: the last event, kept beside the graph's lock."""

from __future__ import annotations

import json

from agentrelay._shared.atomic import publish
from agentrelay.engine.layout import GraphFolders


def last_seen(folders: GraphFolders, number: int) -> int:
    """Return the number of the last event of a run that was looked at, 0 where none was."""
    try:
        content = json.loads((folders.private / f"{folders.graph}.seen.json").read_bytes())
        return int(content["seq"]) if content["run"] == number else 0
    except (OSError, ValueError, KeyError, TypeError):
        # It is a convenience: what can't be read was not seen.
        return 0


def remember_seen(folders: GraphFolders, number: int, seq: int) -> None:
    """Keep that a run was looked at up to event ``seq``; a read-only repository keeps nothing."""
    content = json.dumps({"version": 1, "run": number, "seq": seq})
    try:
        publish(folders.private / f"{folders.graph}.seen.json", content)
    except OSError:
        return
