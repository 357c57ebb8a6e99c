"""Run a graph: start a run, go on with one, or find that it is done; signals included."""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from agentrelay._shared.text import Spelling
from agentrelay.app.agents import require_programs
from agentrelay.app.new_run import create_run, require_runnable
from agentrelay.app.place import Place
from agentrelay.app.stored import stored_snapshot
from agentrelay.app.wiring import orchestrator_of
from agentrelay.config.load import LoadedGraph
from agentrelay.engine import inbox
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.orchestrator import Orchestrator, Reporter
from agentrelay.engine.runs import latest_run, put_signals_away
from agentrelay.engine.seam import Listener, Seam
from agentrelay.engine.snapshot import Snapshot
from agentrelay.errors import GraphChangedError, InternalError, PreconditionError, UnknownNameError
from agentrelay.gitio.refs import refs_under, resolve
from agentrelay.gitio.repository import exclude_ours, require_usable
from agentrelay.graph.difference import difference
from agentrelay.journal.event import RUN_RESUMED, RUN_STARTED, Draft

HEADS = "refs/heads/"
SECOND_ASK = 2.0
"""Seconds in which a second Ctrl-C, after the first, ends the agents too."""


@dataclass(frozen=True)
class Begun:
    """What a run goes on as: its number, and whether this call made it."""

    number: int
    is_new: bool


@dataclass(frozen=True)
class Ended:
    """How carrying on ended. ``code`` is the exit code; ``signal`` is set where one ended it."""

    code: int
    snapshot: Snapshot
    signal: int | None = None


class Narrator(Reporter):
    """A reporter that is told of interruptions too."""

    def interrupted(self, snapshot: Snapshot) -> None:
        """A signal asked to stop: nothing new starts; what runs goes on."""


def begin_run(place: Place, loaded: LoadedGraph, *, fresh: bool) -> Begun:
    """Store a new run, or find the one to go on with; the graph's lock must be held.

    GraphChangedError where the graph is not the one that its latest run was started with.
    """
    require_usable(place.repo)
    require_runnable(loaded.graph)
    _require_targets(place, loaded)
    require_programs(loaded.graph, place.environ)
    exclude_ours(place.repo)
    folders = place.folders(loaded.graph.name)
    number = latest_run(folders)
    if number is not None and not fresh:
        _require_unchanged(folders, number, loaded)
        return Begun(number, is_new=False)
    if number is not None:
        _require_idle(folders, number)
        put_signals_away(folders, number)
    create_run(place, loaded, (number or 0) + 1)
    return Begun((number or 0) + 1, is_new=True)


def carry_on(  # noqa: PLR0913 - how a run is carried on
    place: Place,
    graph: str,
    number: int,
    narrator: Narrator,
    *,
    mode: str = "full",
    stay: bool = False,
    listener: Listener | None = None,
) -> Ended:
    """Carry on a stored run until it is finished, waits for people, or is interrupted.

    The graph's lock must be held. ``mode`` is ``full``, or ``landing``: no agent is started.
    A run that is finished already is left as it is. InternalError for a bug of ours.
    """
    seam = Seam(listener)
    with orchestrator_of(place, number, graph, narrator, seam) as orchestrator:
        before = orchestrator.snapshot
        if (
            before.finished is not None
            and mode == "full"
            and not inbox.waiting(place.folders(graph).inbox)
        ):
            return Ended(before.finished, before)
        with _signals(orchestrator):
            orchestrator.begin(_first(before, mode, number))
            orchestrator.run(stay=stay)
            stopped = _interrupted(orchestrator, narrator)
    snapshot = orchestrator.snapshot
    if orchestrator.bug is not None:
        raise InternalError(orchestrator.bug)
    if stopped is not None:
        return Ended(128 + stopped, snapshot, stopped)
    code = snapshot.finished if snapshot.finished is not None else snapshot.waiting_code
    return Ended(code or 0, snapshot)


def require_run(folders: GraphFolders) -> int:
    """Return the number of the graph's latest run; UnknownNameError where it has none."""
    number = latest_run(folders)
    if number is None:
        message = f"graph {folders.graph} has no run here"
        raise UnknownNameError(message, hint="agentrelay list shows the graphs that have one")
    return number


def _first(before: Snapshot, mode: str, number: int) -> Draft:
    if before.seq:
        return Draft(RUN_RESUMED, data={"mode": mode})
    return Draft(RUN_STARTED, data={"mode": mode, "fresh": number > 1})


def _require_targets(place: Place, loaded: LoadedGraph) -> None:
    for lane in loaded.graph.lanes:
        for branch in (lane.spec.base_branch, lane.spec.merge_target_branch):
            if resolve(place.repo.git, f"{HEADS}{branch}") is None:
                message = f"lane {lane.id} names {branch}, which is no local branch"
                known = [name.removeprefix(HEADS) for name in refs_under(place.repo.git, HEADS)]
                hint = Spelling(known).hint(branch) or f"git branch {branch}"
                raise PreconditionError(message, hint=hint)


def _require_unchanged(folders: GraphFolders, number: int, loaded: LoadedGraph) -> None:
    snapshot, facts = stored_snapshot(folders, number)
    if facts.digest == loaded.graph.digest:
        return
    changes = "\n".join(f"  {line}" for line in difference(snapshot.graph, loaded.graph))
    state = "finished" if snapshot.finished is not None else "unfinished"
    message = f"the graph is not the one of its {state} run {number}:\n{changes}"
    hint = (
        f"agentrelay resume {folders.graph} goes on with the graph of run {number}; "
        "agentrelay run --fresh starts over with the new one (earlier work is pinned)"
    )
    raise GraphChangedError(message, hint=hint)


def _require_idle(folders: GraphFolders, number: int) -> None:
    snapshot, _ = stored_snapshot(folders, number)
    if snapshot.programs:
        running = ", ".join(sorted(p.task or p.workstream for p in snapshot.programs.values()))
        message = f"run {number} has programs that may still run: {running}"
        raise PreconditionError(message, hint=f"agentrelay cancel {folders.graph} ends them")


def _interrupted(orchestrator: Orchestrator, narrator: Narrator) -> int | None:
    """Wind down after a signal: once, nothing new starts; twice, what runs is ended."""
    asked = orchestrator.interruption
    if not asked.asked:
        return None
    orchestrator.interrupt(end=False)
    narrator.interrupted(orchestrator.snapshot)
    if orchestrator.snapshot.programs and asked.number == signal.SIGINT:
        orchestrator.await_second(SECOND_ASK)
        if asked.asked > 1:
            orchestrator.interrupt(end=True)
    return asked.number


@contextmanager
def _signals(orchestrator: Orchestrator) -> Generator[None]:
    """Take SIGINT and SIGTERM as a wish to stop; a closed terminal stops nothing."""

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        orchestrator.interruption.asked += 1
        orchestrator.interruption.number = number
        orchestrator.wake()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
