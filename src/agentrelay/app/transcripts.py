"""Read what an agent printed as a transcript, and go on in its session, whichever agent it is."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from pathlib import Path

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


def reopening(graph: TaskGraph, task: str, session: str, home: Path) -> str | None:
    """Return the command with which a person goes on in a session of the agent of ``task``.

    None where its program has none. ``home`` is where an isolated agent has its configuration.
    """
    agent = graph.agents[graph.task_by_id[task].agent]
    about = require_adapter(agent.adapter).about
    if not about.reopens:
        return None
    line = shlex.join(part.replace("{}", session) for part in about.reopens)
    if not agent.isolated or about.account is None:
        return line
    return f"{about.account.home}={shlex.quote(str(home))} {line}"
