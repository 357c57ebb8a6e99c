"""Real runs replay: what their journals say was decided is what the engine decides on it now."""

from __future__ import annotations

from pathlib import Path

from agentrelay.app.stored import stored_graph
from agentrelay.engine.layout import RunFolders
from agentrelay.engine.recovery import rebuild
from agentrelay.engine.replay import replay
from agentrelay.engine.runs import RunFacts, graphs_of, load_facts
from agentrelay.journal.store import read_events


def assert_runs_replay(repository: Path) -> None:
    """Replay all runs of all graphs that have one in a repository."""
    for folders in graphs_of(repository, repository / ".git"):
        for number in folders.runs():
            run = folders.run(number)
            facts = load_facts(run)
            if facts is not None:
                _assert_replays(run, number, facts)


def _assert_replays(run: RunFolders, number: int, facts: RunFacts) -> None:
    graph = stored_graph(run, facts)
    found = replay(graph, number, list(read_events(run.journal)))
    assert found.difference is None
    assert not found.standstills
    assert found.snapshot == rebuild(graph, number, run.journal)
