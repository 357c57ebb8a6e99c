"""Tell in a transcript what the calls of tools, of any program, are about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

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


def message(event: Object) -> Iterator[Entry]:
    """Give the entries of a message in the shape of Anthropic's; none where it is no message."""
    if event.get("type") in ("assistant", "user"):
        for block in stream.parts(stream.part(event, "message"), "content"):
            yield from _block(block)


def _block(block: Object) -> Iterable[Entry]:
    """Return the entry of one block of a message's content."""
    kind = block.get("type")
    if kind == "text":
        return said(stream.text(block, "text"))
    if kind == "thinking":
        return [Entry(Part.THOUGHT, stream.text(block, "thinking"))]
    if kind == "tool_use":
        return [called(stream.text(block, "name"), stream.part(block, "input"))]
    if kind == "tool_result":
        blocks = [stream.text(each, "text") for each in stream.parts(block, "content")]
        text = stream.text(block, "content") or "\n".join(blocks)
        return [answered(text, failed=bool(block.get("is_error")))]
    return []
