"""A stored run as a reader finds it: its snapshot, whether somebody carries it on, what is news."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentrelay._shared.collector import collection_paused
from agentrelay.app.stored import stored_graph
from agentrelay.engine.fold import apply
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import RunFacts, is_run_now, load_facts
from agentrelay.engine.snapshot import Snapshot, new_snapshot
from agentrelay.errors import UnknownNameError
from agentrelay.interfaces.views.story import Happening, happenings
from agentrelay.journal.event import Event
from agentrelay.journal.store import read_events


@dataclass(frozen=True)
class StoredRun:
    """A run as of its journal's last whole event. ``is_held``: some process carries it on."""

    folders: GraphFolders
    number: int
    facts: RunFacts
    snapshot: Snapshot
    events: tuple[Event, ...]
    happened: tuple[Happening, ...]
    is_held: bool

    @property
    def moves(self) -> bool:
        """Tell whether a process carries the run on, or has found that only people can move it."""
        s = self.snapshot
        return (self.is_held and not s.stopped) or s.waiting_code is not None


def read_run(folders: GraphFolders, number: int, *, since: int | None = None) -> StoredRun:
    """Return a stored run; ``happened`` tells what came after event ``since``, if that is given.

    Reads only, and needs no lock. UnknownNameError where there is no such run.
    """
    is_held = is_run_now(folders)
    run = folders.run(number)
    facts = load_facts(run)
    if facts is None:
        raise UnknownNameError(f"graph {folders.graph} has no run {number} here")
    snapshot = new_snapshot(stored_graph(run, facts), number)
    with collection_paused():
        events, happened = _replay(snapshot, run.journal, since)
    # A run that began or ended meanwhile is looked at again: no false "interrupted".
    is_held = is_held or is_run_now(folders)
    return StoredRun(folders, number, facts, snapshot, tuple(events), tuple(happened), is_held)


def _replay(
    snapshot: Snapshot, journal: Path, since: int | None
) -> tuple[list[Event], list[Happening]]:
    events: list[Event] = []
    happened: list[Happening] = []
    for event in read_events(journal):
        apply(snapshot, event)
        events.append(event)
        if since is not None and event.seq > since:
            happened.extend(happenings(snapshot, event))
        snapshot.changes.clear()
    return events, happened
