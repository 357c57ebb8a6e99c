"""Read what an agent printed as a transcript, whichever agent it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agentrelay.agent.core.transcript import Entry, Part
from agentrelay.agent.implementations import require_adapter, stream
from agentrelay.graph.model import TaskGraph

Reader = Callable[[bytes], Iterable[Entry]]
"""Gives what a line of an agent's output tells."""


def reader_of(graph: TaskGraph, task: str) -> Reader | None:
    """Return how the output of the agent of ``task`` is read; None where it is no event stream."""
    adapter = require_adapter(graph.agents[graph.task_by_id[task].agent].adapter)
    if not adapter.about.prints_events:
        return None

    def read(line: bytes) -> Iterable[Entry]:
        event = stream.read_object(line)
        if event is not None:
            return adapter.entries(event)
        text = line.decode("utf-8", "replace")
        return [Entry(Part.PRINTED, text)] if text.strip() else []

    return read
