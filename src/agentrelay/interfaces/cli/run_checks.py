"""What `doctor` finds about stored runs: torn or damaged files, false signals, stray processes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from agentrelay.app.lost import lost_graphs
from agentrelay.app.mending import (
    cut_tail,
    differing_signals,
    orphans,
    put_aside,
    republish,
    unreadable_records,
)
from agentrelay.app.place import Place
from agentrelay.app.probing import looks
from agentrelay.app.stored import stored_snapshot
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.programs import folder_of_key
from agentrelay.engine.runs import graphs_of, holder_of, is_run_now, latest_run
from agentrelay.engine.snapshot import Snapshot
from agentrelay.errors import AgentRelayError
from agentrelay.interfaces.cli.finding import Finding, Level, mendable
from agentrelay.interfaces.views.program_view import program_views, what_became
from agentrelay.interfaces.views.run_view import run_state
from agentrelay.journal.store import torn_tail

SHOWN = 3
"""So many names are listed; the rest is counted."""


def run_findings(place: Place) -> Iterator[Finding]:
    """Give what is found about the runs of the repository."""
    graphs = graphs_of(place.repo.top, place.repo.common_dir)
    for folders in graphs:
        number = latest_run(folders)
        if number is not None:
            yield from _of_run(place, folders, number)
    for name in lost_graphs(place):
        found = f"the files of the runs of {name} were deleted"
        why = "refs keep what was done: it is rebuilt from them"
        yield Finding(Level.WARN, "runs", found, f"agentrelay resume {name}", why)
    executor = place.executor()
    awaited = set(_running(graphs))
    for folder, pids in orphans(graphs):
        if folder not in awaited:
            found = f"processes {', '.join(map(str, pids))} of {folder} have lost their supervisor"
            why = "nobody ends them, and they may write where others work"
            yield mendable("processes", found, why, partial(executor.sweep, folder))


def _running(graphs: list[GraphFolders]) -> Iterator[Path]:
    """Give the folders of programs that a run still waits for: those are its to judge."""
    for folders in graphs:
        number = latest_run(folders)
        try:
            s = stored_snapshot(folders, number or 1)[0]
        except AgentRelayError:
            continue
        yield from (folder_of_key(folders.run(number or 1), key) for key in s.programs)


def _of_run(place: Place, folders: GraphFolders, number: int) -> Iterator[Finding]:
    name = f"run {number} of {folders.graph}"
    if is_run_now(folders):
        yield Finding(Level.OK, "runs", f"{name} is carried on by {holder_of(folders)}")
        return
    if torn := torn_tail(folders.run(number).journal):
        found = f"the journal of {name} has a torn last line, {torn} bytes"
        why = "a crash tore it; it tells nothing, and the next run would cut it"
        yield mendable("journal", found, why, partial(cut_tail, folders, number))
    try:
        s, _ = stored_snapshot(folders, number)
    except (AgentRelayError, ValueError, KeyError) as error:
        fix = f"agentrelay run GRAPH-FILE --fresh starts over; ls {folders.run(number).root}"
        why = "what was done is in git, and stays there"
        yield Finding(Level.FAIL, "runs", f"{name} can't be read: {error}", fix, why)
        return
    yield from _files(place, folders, number, s)
    yield _state(folders, number, s)


def _files(place: Place, folders: GraphFolders, number: int, s: Snapshot) -> Iterator[Finding]:
    if differing := differing_signals(folders, number, s):
        more = f" and {len(differing) - SHOWN} more" if len(differing) > SHOWN else ""
        found = f"the signal files of {', '.join(differing[:SHOWN])}{more} differ from the journal"
        why = "whoever reads them is told something false"
        yield mendable("signals", found, why, partial(republish, place, folders, number))
    for path in unreadable_records(folders, number, s):
        why = "how its program ended is unknown, so that nothing goes on; nothing of it runs"
        yield mendable("files", f"{path} can't be read", why, partial(put_aside, folders, path))


def _state(folders: GraphFolders, number: int, s: Snapshot) -> Finding:
    name = f"run {number} of {folders.graph}"
    if s.finished is not None:
        return Finding(Level.OK, "runs", f"{name} has finished")
    if s.waiting_code is not None and not s.programs:
        return Finding(Level.OK, "runs", f"{name} waits for you: agentrelay status")
    if run_state(s, is_held=False) == "ready":
        return Finding(Level.OK, "runs", f"{name} can go on: agentrelay resume {folders.graph}")
    became = what_became(program_views(s, looks(folders.run(number), s)))
    text = f"{name} was interrupted; {became}" if became else f"{name} was interrupted"
    return Finding(Level.WARN, "runs", text, f"agentrelay resume {folders.graph}")
