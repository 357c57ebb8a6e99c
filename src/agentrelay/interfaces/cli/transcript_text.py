"""The entries of a transcript as text: what an agent says in full, what tools give in short."""

from __future__ import annotations

from collections.abc import Iterator

import click

from agentrelay.agent.core.transcript import Entry, Part
from agentrelay.interfaces.cli.text import bad, bold, shown, shown_block, waits

LONGEST = 8
"""So many lines of a tool's answer are shown."""

WIDEST = 200
"""So many characters of a call are shown."""


def entry_lines(entry: Entry) -> Iterator[str]:
    """Give the lines of an entry, safe for a terminal."""
    match entry.part:
        case Part.SAID | Part.PRINTED:
            yield shown_block(entry.text.rstrip("\n"))
        case Part.THOUGHT:
            for line in _few(entry.text):
                yield click.style(f"  ~ {line}", dim=True)
        case Part.CALLED:
            about = shown(entry.text.strip())
            cut = f"{about[:WIDEST]} …" if len(about) > WIDEST else about
            yield f"> {bold(shown(entry.tool))} {cut}"
        case Part.ANSWERED:
            yield from (f"    {line}" for line in _few(entry.text))
        case Part.ASKED:
            about, _, command = entry.text.rpartition("\n")
            yield waits(f"? waits for a person: permission to {shown(about)}")
            yield f"  {shown(command)} allow|deny"
        case Part.FAILED:
            yield from (f"  {bad('!')} {line}" for line in _few(entry.text))


def _few(text: str) -> Iterator[str]:
    """Give the first lines of a text, and say how many more there are."""
    lines = shown_block(text.strip("\n")).split("\n") if text.strip() else []
    yield from (line[: WIDEST * 2] for line in lines[:LONGEST])
    if len(lines) > LONGEST:
        yield f"… {len(lines) - LONGEST} more lines"
