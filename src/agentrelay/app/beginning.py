"""Begin a run: store a new one, or find the one to go on with; what earlier runs did is taken over.

Whether there is an earlier run is told by the graph's folder and, where that was deleted, by refs.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from agentrelay._shared import locks
from agentrelay._shared.clock import rfc3339
from agentrelay._shared.text import Spelling
from agentrelay.app.agents import require_programs
from agentrelay.app.new_run import create_run, new_facts, require_runnable
from agentrelay.app.place import Place
from agentrelay.app.stored import graph_as_run, stored_snapshot
from agentrelay.config.load import LoadedGraph
from agentrelay.engine.evidence import find_evidence
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.run_refs import RunRef, keep_run, kept_run, kept_runs
from agentrelay.engine.runs import (
    RunFacts,
    latest_run,
    load_facts,
    put_signals_away,
)
from agentrelay.engine.snapshot import Snapshot, new_snapshot
from agentrelay.engine.takeover import Takeover, takeover
from agentrelay.errors import GraphChangedError, InternalError, PreconditionError
from agentrelay.gitio.refs import contains_all, refs_under, resolve
from agentrelay.gitio.repository import exclude_ours, require_usable
from agentrelay.graph.difference import difference
from agentrelay.graph.digest import digest_of
from agentrelay.graph.model import TaskGraph
from agentrelay.journal.event import RUN_STARTED, Data, Draft

HEADS = "refs/heads/"
PATIENCE = 60.0
"""Seconds for which programs are waited for whose files were deleted under them."""


@dataclass(frozen=True)
class Begun:
    """What a run goes on as: its number, and whether this call made it."""

    number: int
    is_new: bool


@dataclass(frozen=True)
class Earlier:
    """The latest run of a graph, as far as it went; without its files, nothing of that is known."""

    number: int
    snapshot: Snapshot
    has_files: bool

    @property
    def graph(self) -> TaskGraph:
        """Return the graph with which it was started."""
        return self.snapshot.graph

    @cached_property
    def digest(self) -> str:
        """Return the digest of its graph, as this version of ours makes it of the same text.

        The one that was stored is another version's, where that read a key less.
        """
        return digest_of(self.graph)

    def differs_from(self, loaded: LoadedGraph, *, accepts_changes: bool) -> bool:
        """Tell whether another run is to begin: the graph is not the one of this run.

        Where changes are accepted, a lane that was reverted is one; else that stays as it is.
        """
        reverted = any(lane.reverted is not None for lane in self.snapshot.lanes.values())
        return self.digest != loaded.graph.digest or (accepts_changes and reverted)


def begin_run(
    place: Place, loaded: LoadedGraph, *, fresh: bool, accepts_changes: bool = False
) -> Begun:
    """Store a new run, or find the one to go on with; the graph's lock must be held.

    A new one takes over what is done, unless it is ``fresh``. GraphChangedError where the graph is
    not the one that its latest run was started with, and that is not accepted.
    """
    require_usable(place.repo)
    require_runnable(loaded.graph)
    _require_targets(place, loaded)
    require_programs(loaded.graph, place.environ)
    exclude_ours(place.repo)
    folders = place.folders(loaded.graph.name)
    before = earlier_run(place, folders)
    if before is not None and not fresh:
        is_changed = before.differs_from(loaded, accepts_changes=accepts_changes)
        if is_changed and not accepts_changes:
            raise _changed(place, folders, before, loaded)
        if not is_changed and before.has_files:
            return Begun(before.number, is_new=False)
    facts = replace(new_facts(place, loaded), fresh=fresh and before is not None)
    number = _create(place, folders, before, facts, (loaded.source, loaded.graph))
    return Begun(number, is_new=True)


def rebuild_run(place: Place, folders: GraphFolders) -> int | None:
    """Begin a run anew whose files were deleted, from its ref; the graph's lock must be held.

    Return the number of the new run, which takes over what refs prove; None where nothing is lost.
    """
    runs = kept_runs(place.repo.git, folders.graph)
    if not runs or latest_run(folders) is not None:
        return None
    require_usable(place.repo)
    exclude_ours(place.repo)
    facts, source = kept_run(place.repo.git, runs[-1], folders)
    now = rfc3339(place.clock.now())
    facts = replace(facts, started=now, fresh=False)
    text = (source, graph_as_run(source, facts))
    return _create(place, folders, earlier_run(place, folders), facts, text)


def earlier_run(place: Place, folders: GraphFolders) -> Earlier | None:
    """Return the latest run of a graph, None where there was none."""
    number = latest_run(folders)
    if number is not None:
        snapshot, _ = stored_snapshot(folders, number)
        return Earlier(number, snapshot, has_files=True)
    runs = kept_runs(place.repo.git, folders.graph)
    if not runs:
        return None
    facts, source = kept_run(place.repo.git, runs[-1], folders)
    snapshot = new_snapshot(graph_as_run(source, facts), runs[-1].number)
    return Earlier(runs[-1].number, snapshot, has_files=False)


def run_started(place: Place, before: Snapshot, how: Data) -> Draft:
    """Return the first event of a stored run, with what it takes over; its ref is written before.

    Only for a run without an event.
    """
    folders = place.folders(before.graph.name)
    run = folders.run(before.run)
    facts = load_facts(run)
    if facts is None:
        message = f"run {before.run} of {folders.graph} was not stored whole"
        raise InternalError(message)
    if before.run not in [kept.number for kept in kept_runs(place.repo.git, folders.graph)]:
        keep_run(place.repo.git, before.run, facts, run)
    data: dict[str, object] = {**how, "fresh": facts.fresh}
    if not facts.fresh:
        found = found_done(place, folders, before.graph, before.run)
        if found != Takeover():
            data["taken"] = found.as_data()
    return Draft(RUN_STARTED, data=data)


def found_done(place: Place, folders: GraphFolders, graph: TaskGraph, number: int) -> Takeover:
    """Return what run ``number`` of a graph takes over, by what refs prove now."""
    git = place.repo.git
    evidence = find_evidence(git, place.forge(), folders, graph)
    if not evidence.proofs:
        return Takeover()
    floor = _floor([run for run in kept_runs(git, folders.graph) if run.number < number])
    return takeover(graph, evidence, floor, lambda commit, oids: contains_all(git, commit, oids))


def difference_lines(place: Place, before: Earlier, loaded: LoadedGraph) -> list[str]:
    """Return what differs from the graph of the latest run, and what a new run makes of it."""
    folders = place.folders(loaded.graph.name)
    old = found_done(place, folders, before.graph, before.number + 1)
    new = found_done(place, folders, loaded.graph, before.number + 1)
    return [
        *(difference(before.graph, loaded.graph) if before.digest != loaded.graph.digest else ()),
        *_reverted(before.snapshot, new),
        *_consequences(before.graph, loaded.graph, old, new),
    ]


def _consequences(
    before: TaskGraph, after: TaskGraph, old: Takeover, new: Takeover
) -> Iterator[str]:
    for name, proof in new.tasks.items():
        if proof.task != name:
            yield f"task {name}: is task {proof.task} renamed, whose work is taken over"
    for name in new.again:
        below = [d for d in after.task_by_id[name].dependencies if d not in new.tasks]
        same = name in before.task_by_id and name in old.tasks
        is_edited = not same or _is_edited(before, after, name)
        why = "" if is_edited or not below else f", because it depends on {below[0]}"
        yield f"task {name}: is done again{why}, on top of its earlier work"
    renamed = {proof.task for proof in new.tasks.values()}
    for name, proof in old.tasks.items():
        if name not in after.task_by_id and name not in renamed:
            yield f"task {name}: its work stays in lane {proof.lane} ({proof.commit[:10]})"
    for lane in before.lanes:
        if lane.id not in after.lane_by_id:
            yield f"lane {lane.id}: its branch and worktree stay as they are"
    for name, facts in new.lanes.items():
        if facts.get("epoch"):
            yield f"lane {name}: has landed, and is made anew for what is still to be done"
    kept = [name for name in new.tasks if name in after.task_by_id]
    yield f"{len(kept)} of {len(after.tasks)} tasks are done and taken over"


def _reverted(before: Snapshot, new: Takeover) -> Iterator[str]:
    for task in before.tasks.values():
        known = new.tasks.keys() | new.again.keys()
        if before.lanes[task.lane].reverted is not None and task.id not in known:
            yield f"task {task.id}: is done anew, because lane {task.lane} was reverted"


def _is_edited(before: TaskGraph, after: TaskGraph, name: str) -> bool:
    then, now = before.task_by_id[name], after.task_by_id[name]
    return replace(then, dependencies=()) != replace(now, dependencies=())


def _changed(
    place: Place, folders: GraphFolders, before: Earlier, loaded: LoadedGraph
) -> GraphChangedError:
    changes = "\n".join(f"  {line}" for line in difference_lines(place, before, loaded))
    state = "finished" if before.snapshot.finished is not None else "unfinished"
    message = f"the graph is not the one of its {state} run {before.number}:\n{changes}"
    hint = (
        f"agentrelay run {loaded.path} --accept-changes goes on with the new one; "
        f"agentrelay resume {folders.graph} with that of run {before.number}; "
        f"agentrelay run {loaded.path} --fresh starts over"
    )
    return GraphChangedError(message, hint=hint)


def _create(
    place: Place,
    folders: GraphFolders,
    before: Earlier | None,
    facts: RunFacts,
    text: tuple[str, TaskGraph],
) -> int:
    """Store a new run, under a number that no run had, whatever was deleted since."""
    if before is not None and before.has_files:
        _require_idle(folders, before.number)
        put_signals_away(folders, before.number)
    _await_orphans(folders)
    kept = [run.number for run in kept_runs(place.repo.git, folders.graph)]
    number = max([0, before.number if before else 0, *kept]) + 1
    create_run(folders.run(number), facts, *text)
    return number


def _await_orphans(folders: GraphFolders) -> None:
    """Wait for programs of a run whose files were deleted: their supervisors end them then."""
    deadline = time.monotonic() + PATIENCE
    while busy := [path for path in folders.places.glob("*.lock") if locks.is_held(path)]:
        if time.monotonic() > deadline:
            lanes = ", ".join(sorted(path.stem for path in busy))
            message = f"an earlier run's programs still work in lane {lanes}"
            raise PreconditionError(message, hint="wait for them, or end them yourself")
        for path in busy:
            _rouse(locks.signed_by(path))
        time.sleep(0.1)


def _rouse(supervisor: int | None) -> None:
    """Have a supervisor look now at what it looks at once a minute.

    By a signal of which nobody takes notice who waits for nothing.
    """
    # Our own group is 0, and all processes are -1.
    if supervisor is not None and supervisor > 1:
        with suppress(ProcessLookupError, PermissionError, OverflowError):
            os.kill(supervisor, signal.SIGCHLD)


def _floor(runs: list[RunRef]) -> int:
    """Return the first run whose work counts: the latest that was started over."""
    return max((run.number for run in runs if run.is_fresh), default=0)


def _require_targets(place: Place, loaded: LoadedGraph) -> None:
    named: dict[str, str] = {}
    for lane in loaded.graph.lanes:
        for branch in (lane.spec.base_branch, lane.spec.merge_target_branch):
            named.setdefault(branch, lane.id)
    for branch, lane in named.items():
        if resolve(place.repo.git, f"{HEADS}{branch}") is None:
            message = f"lane {lane} names {branch}, which is no local branch"
            known = [name.removeprefix(HEADS) for name in refs_under(place.repo.git, HEADS)]
            hint = Spelling(known).hint(branch) or f"git branch {branch}"
            raise PreconditionError(message, hint=hint)


def _require_idle(folders: GraphFolders, number: int) -> None:
    snapshot, _ = stored_snapshot(folders, number)
    if snapshot.programs:
        running = ", ".join(sorted(p.task or p.workstream for p in snapshot.programs.values()))
        message = f"run {number} has programs that may still run: {running}"
        raise PreconditionError(message, hint=f"agentrelay cancel {folders.graph} ends them")
