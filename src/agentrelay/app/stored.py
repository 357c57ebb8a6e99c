"""Runs as they are stored, read back; no lock is needed to read."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from agentrelay._shared.collector import collection_paused
from agentrelay.engine.built_graph import as_run, find_built, keep_built
from agentrelay.engine.layout import GraphFolders, RunFolders
from agentrelay.engine.recovery import rebuild
from agentrelay.engine.runs import RunFacts, load_facts
from agentrelay.engine.snapshot import Snapshot
from agentrelay.errors import InternalError
from agentrelay.graph.model import TaskGraph

if TYPE_CHECKING:
    from agentrelay.config.given import Given


def stored_graph(run: RunFolders, facts: RunFacts) -> TaskGraph:
    """Return the graph of a stored run, as it was read when the run began."""
    with collection_paused():
        known = find_built(run, facts.digest)
    return known if known is not None else _build(run, facts)


def _build(run: RunFolders, facts: RunFacts) -> TaskGraph:
    """Build the graph from its file, and keep it for the next reader."""
    from agentrelay.config.load import load_graph  # noqa: PLC0415 - loads parsers; readers rarely need it

    loaded = load_graph(run.graph_file, _given(facts))
    graph = as_run(loaded.graph, facts)
    with suppress(OSError):
        keep_built(run, loaded.source, graph)
    return graph


def graph_as_run(source: str, facts: RunFacts) -> TaskGraph:
    """Return the graph of a run of which only its text and facts are known."""
    from agentrelay.config.load import parse_graph  # noqa: PLC0415 - likewise

    return as_run(parse_graph(source, "graph.yaml", _given(facts)).graph, facts)


def _given(facts: RunFacts) -> Given:
    from agentrelay.config.given import Given  # noqa: PLC0415 - likewise

    return Given(
        default_branch=facts.default_branch,
        agent=facts.agent,
        max_agents=facts.max_agents,
        max_gates=facts.max_gates,
    )


def stored_snapshot(folders: GraphFolders, number: int) -> tuple[Snapshot, RunFacts]:
    """Return a stored run as of its journal's last event; reads only."""
    run = folders.run(number)
    facts = load_facts(run)
    if facts is None:
        message = f"run {number} of {folders.graph} was not stored whole"
        raise InternalError(message)
    return rebuild(stored_graph(run, facts), number, run.journal), facts
