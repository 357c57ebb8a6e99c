"""Carry a run on until it is done, waits for people, or a signal comes."""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from agentrelay.app.beginning import run_started
from agentrelay.app.place import Place
from agentrelay.app.wiring import orchestrator_of
from agentrelay.engine import inbox
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.orchestrator import Orchestrator, Reporter
from agentrelay.engine.runs import latest_run
from agentrelay.engine.seam import Listener, Seam
from agentrelay.engine.snapshot import Snapshot
from agentrelay.errors import InternalError, UnknownNameError
from agentrelay.journal.event import RUN_RESUMED, Draft

SECOND_ASK = 2.0
"""Seconds in which a second Ctrl-C, after the first, ends the agents too."""


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

    def ending(self, snapshot: Snapshot) -> None:
        """A second signal asked for more: what runs is about to be ended."""


def carry_on(  # noqa: PLR0913 - how a run is carried on
    place: Place,
    graph: str,
    number: int,
    narrator: Narrator,
    *,
    mode: str = "full",
    stay: bool = False,
    only: frozenset[str] | None = None,
    listener: Listener | None = None,
) -> Ended:
    """Carry on a stored run until it is finished, waits for people, or is interrupted.

    The graph's lock must be held. ``mode`` is ``full``, or ``landing``: no agent is started.
    ``only`` confines it to some tasks: no other is begun.
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
            orchestrator.begin(_first(place, before, mode, only))
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


def _first(place: Place, before: Snapshot, mode: str, only: frozenset[str] | None) -> Draft:
    data: dict[str, object] = {"mode": mode}
    if only is not None:
        data["only"] = sorted(only)
    return Draft(RUN_RESUMED, data=data) if before.seq else run_started(place, before, data)


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
            narrator.ending(orchestrator.snapshot)
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
