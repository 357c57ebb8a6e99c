"""Mend what crashes, moves and other hands left of a stored run; the graph's lock is taken."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from agentrelay._shared import locks
from agentrelay.app.place import Place
from agentrelay.app.stored import stored_snapshot
from agentrelay.app.wiring import world_of
from agentrelay.engine import publisher
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.programs import folder_of_key
from agentrelay.engine.runs import lock_held
from agentrelay.engine.snapshot import Snapshot
from agentrelay.errors import FormatError
from agentrelay.executor.core import records
from agentrelay.executor.implementations import ports
from agentrelay.executor.implementations.runtime_dir import default_runtime_dir
from agentrelay.executor.implementations.strays import is_orphaned, marked_processes
from agentrelay.journal.store import cut_torn_tail

UNREADABLE = ".unreadable"
"""What is added to the name of a file that was put aside because it can't be read."""


def cut_tail(folders: GraphFolders, number: int) -> None:
    """Cut a torn last line off the journal of a run. LockHeldError where it is carried on."""
    with lock_held(folders):
        cut_torn_tail(folders.run(number).journal)


def republish(place: Place, folders: GraphFolders, number: int) -> None:
    """Publish the signal files of a run anew, from its journal. LockHeldError as above."""
    with lock_held(folders):
        snapshot, facts = stored_snapshot(folders, number)
        publisher.publish_all(world_of(place, snapshot.graph, number, facts), snapshot)


def differing_signals(folders: GraphFolders, number: int, s: Snapshot) -> list[str]:
    """Return the lanes and tasks whose signal files say something else than the journal."""
    run = folders.run(number)
    lanes = [f"lane {x.id}" for x in s.lanes.values() if not publisher.shows_lane(folders, x)]
    tasks = [f"task {x.id}" for x in s.tasks.values() if not publisher.shows_task(run, x)]
    return lanes + tasks


def unreadable_records(folders: GraphFolders, number: int, s: Snapshot) -> Iterator[Path]:
    """Give the records of programs, not seen to end, that can't be read though nothing runs."""
    for key in s.programs:
        folder = folder_of_key(folders.run(number), key)
        if locks.is_held(folder / records.LOCK):
            continue
        for name, load in _LOADERS.items():
            try:
                load(folder)
            except FormatError:
                yield folder / name


_LOADERS = {
    records.OUTCOME: records.load_outcome,
    records.STARTED: records.load_started,
}


def put_aside(folders: GraphFolders, path: Path) -> None:
    """Rename an unreadable record, so that its program counts as gone without an outcome."""
    with lock_held(folders):
        os.replace(path, path.with_name(f"{path.name}{UNREADABLE}"))


def orphans(graphs: list[GraphFolders]) -> Iterator[tuple[Path, list[int]]]:
    """Give the processes of ``graphs`` that nobody supervises, with the folder of their launch.

    Only with proof: their supervisor is dead, and their marker is that launch's alone.
    """
    for marker, pids in sorted(marked_processes().items()):
        key = marker.rpartition(":")[0]
        folder = next((f for g in graphs if (f := _folder_of(g, key, marker))), None)
        if folder is not None and is_orphaned(folder):
            yield folder, sorted(pids)


def dead_claims(place: Place) -> list[Path]:
    """Return this user's claims of ports by worktrees that are gone."""
    return ports.dead_claims(default_runtime_dir(place.environ))


def drop_dead_claims(place: Place) -> None:
    """Take back the claims of ports by worktrees that are gone."""
    ports.drop_dead_claims(default_runtime_dir(place.environ))


def _folder_of(folders: GraphFolders, key: str, marker: str) -> Path | None:
    """Return the folder in which the effect of ``key`` started what carries ``marker``."""
    try:
        folder = folder_of_key(folders.run(int(key.split("/")[1])), key)
    except (ValueError, IndexError):
        return None
    is_it = folder.is_dir() and records.marker_of(key, folder.absolute()) == marker
    return folder if is_it else None
