"""Graphs whose files were deleted, as text: that they are known, and what rebuilds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentrelay.interfaces.cli.text import bold, shown, waits

NO_RUN = "no graph has a run here; agentrelay run GRAPH starts one"


def lost_lines(names: Sequence[str]) -> Iterator[str]:
    """Give a line on the graphs of which only refs know, and one for each with its command."""
    if names:
        yield waits("the files of these runs were deleted; they can be rebuilt from refs:")
        yield from (f"  {bold(f'agentrelay resume {shown(name)}')}" for name in names)
