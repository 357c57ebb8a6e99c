"""What replaying a stored run's journal found, as far as it was looked at."""

from __future__ import annotations

from dataclasses import dataclass

from agentrelay._shared.collector import collection_paused
from agentrelay.app.stored import stored_graph
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.replay import Difference, Gap, Replay, Standstill, replay
from agentrelay.engine.runs import load_facts
from agentrelay.errors import UnknownNameError
from agentrelay.interfaces.views.run_view import RunView, view_of
from agentrelay.interfaces.views.stored_run import StoredRun
from agentrelay.journal.store import read_events

SCHEMA = 1


@dataclass(frozen=True)
class ReplayView:
    """A replay: how much was compared, whether it is the same, and the run as it was then.

    ``events`` is how many the journal has, ``seq`` the last one that was compared and fits.
    """

    schema: int
    graph: str
    run: int
    events: int
    seq: int
    inputs: int
    commands: int
    same: bool
    difference: Difference | None
    gaps: tuple[Gap, ...]
    standstills: tuple[Standstill, ...]
    state: RunView


def replay_view(folders: GraphFolders, number: int, *, to: int | None) -> ReplayView:
    """Return what replaying run ``number`` finds, up to event ``to`` where that is given.

    Reads only, and needs no lock. UnknownNameError where there is no such run.
    """
    run = folders.run(number)
    facts = load_facts(run)
    if facts is None:
        there = ", ".join(map(str, folders.runs()))
        raise UnknownNameError(
            f"graph {folders.graph} has no run {number} here", hint=f"its runs: {there}"
        )
    with collection_paused():
        events = list(read_events(run.journal))
        found = replay(stored_graph(run, facts), number, events, to=to)
    then = StoredRun(folders, number, facts, found.snapshot, tuple(events), (), is_held=True)
    return _view(found, then)


def _view(found: Replay, then: StoredRun) -> ReplayView:
    return ReplayView(
        schema=SCHEMA,
        graph=then.folders.graph,
        run=then.number,
        events=len(then.events),
        seq=found.snapshot.seq,
        inputs=found.inputs,
        commands=found.commands,
        same=found.difference is None,
        difference=found.difference,
        gaps=tuple(found.gaps),
        standstills=tuple(found.standstills),
        state=view_of(then),
    )
