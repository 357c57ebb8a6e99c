"""A stored run as a reader finds it: its snapshot, whether somebody carries it on, what is news."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from agentrelay._shared.collector import collection_paused
from agentrelay.app.stored import stored_graph
from agentrelay.engine.asked import questions_asked
from agentrelay.engine.fold import apply
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.programs import folder_of_key
from agentrelay.engine.runs import RunFacts, is_run_now, load_facts
from agentrelay.engine.snapshot import Snapshot, new_snapshot
from agentrelay.errors import UnknownNameError
from agentrelay.graph.model import TaskGraph
from agentrelay.interfaces.views.story import Happening, happenings
from agentrelay.journal.event import Event
from agentrelay.journal.store import JournalReader


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
    return FollowedRun(folders, number).read(since)


class FollowedRun:
    """A stored run that is read again and again while it goes on, each event of it once."""

    def __init__(self, folders: GraphFolders, number: int) -> None:
        """Begin before the run's first event. UnknownNameError where there is no such run."""
        run = folders.run(number)
        facts = load_facts(run)
        if facts is None:
            raise UnknownNameError(f"graph {folders.graph} has no run {number} here")
        self._folders = folders
        self._facts = facts
        self._snapshot = new_snapshot(stored_graph(run, facts), number)
        self._journal = JournalReader(run.journal)
        self._events: list[Event] = []

    @property
    def graph(self) -> TaskGraph:
        """Return the run's graph."""
        return self._snapshot.graph

    def read(self, since: int | None = None) -> StoredRun:
        """Return the run as it is now; what an earlier reading gave has its snapshot, too.

        ``happened`` tells what of the events that are new came after event ``since``.
        """
        is_held = is_run_now(self._folders)
        with collection_paused():
            happened = tuple(self._replay(since))
        # A run that began or ended meanwhile is looked at again: no false "interrupted".
        is_held = is_held or is_run_now(self._folders)
        s = self._snapshot
        if not is_held:
            self._take_in_questions()
        return StoredRun(
            self._folders, s.run, self._facts, s, tuple(self._events), happened, is_held
        )

    def _take_in_questions(self) -> None:
        """Know what agents ask while nobody carries the run on, of which no event tells yet."""
        s, run = self._snapshot, self._folders.run(self._snapshot.run)
        for draft in list(questions_asked(s, partial(folder_of_key, run))):
            apply(s, Event(s.seq, s.moment, *draft))

    def _replay(self, since: int | None) -> Iterator[Happening]:
        for event in self._journal.fresh():
            apply(self._snapshot, event)
            self._events.append(event)
            if since is not None and event.seq > since:
                yield from happenings(self._snapshot, event)
            self._snapshot.changes.clear()
