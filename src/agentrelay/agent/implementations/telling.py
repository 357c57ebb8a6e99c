"""Tell in a transcript what the calls of tools, of any program, are about."""

from __future__ import annotations

import json

from agentrelay.agent.core.transcript import Entry, Part
from agentrelay.agent.implementations import stream
from agentrelay.agent.implementations.stream import Object

_TELLING = (
    *("command", "file_path", "filePath", "absolute_path", "path", "pattern", "query", "url"),
    *("prompt", "description"),
)
"""Arguments that say what a call is about, the most telling first."""


def called(tool: str, arguments: Object) -> Entry:
    """Return the entry of a call with ``arguments``."""
    told = [found for name in _TELLING if (found := stream.text(arguments, name))]
    return Entry(Part.CALLED, told[0] if told else json.dumps(arguments), tool)


def answered(text: str, tool: str = "", *, failed: bool) -> Entry:
    """Return the entry of a tool's answer."""
    return Entry(Part.FAILED if failed else Part.ANSWERED, text, tool)


def said(text: str) -> list[Entry]:
    """Return what an agent said, as the only entry; none where that was nothing."""
    return [Entry(Part.SAID, text)] if text.strip() else []
