"""Why a task or lane is not done: the chain of causes by names, the evidence, what would move it.

The chain follows what each thing waits for (`waits`), the same that ``status`` shows, from one to
the next, down to what is worked at, has failed, or waits for a person.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from agentrelay.engine.pauses import Pause, pause_of_lane, pause_of_task
from agentrelay.engine.snapshot import LaneState, Snapshot, TaskState
from agentrelay.graph.naming import name_of_task
from agentrelay.interfaces.views.attempts import AttemptView, attempts_of
from agentrelay.interfaces.views.needs import (
    answers,
    interrupted,
    need_of_lane,
    need_of_pause,
    need_of_task,
)
from agentrelay.interfaces.views.programs import ProgramRun, programs_of
from agentrelay.interfaces.views.run_view import lane_view, looks_of, task_view
from agentrelay.interfaces.views.stored_run import StoredRun
from agentrelay.interfaces.views.waits import (
    RESUME,
    Wait,
    not_asked_for,
    wait_of_lane,
    wait_of_task,
)
from agentrelay.task.core.task import TaskStatus

SCHEMA = 1
TASK, LANE = "task:", "lane:"
"""What a link's name begins with, as names do on the command line."""


@dataclass(frozen=True)
class Cause:
    """A task or lane, why it is at rest, and what that is because of.

    ``kind`` is task or lane; ``waits_for`` is None where it is worked at or done, which ``now``
    tells; ``command`` is what a person can do about this very thing, or empty. ``attempts`` and
    ``gates`` (those of a lane's landing) are the evidence. ``because`` has further links of the
    chain, as ``task:ID`` or ``lane:ID``.
    """

    kind: str
    id: str
    status: str
    waits_for: str | None
    now: str
    command: str
    attempts: tuple[AttemptView, ...]
    gates: tuple[ProgramRun, ...]
    because: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """The whole answer: what was asked for first, then each cause, nearest first.

    ``commands`` would move it; those of the last causes stand first, as they are to be given. Where
    a cause has several answers, all are there.
    """

    schema: int
    graph: str
    run: int
    chain: tuple[Cause, ...]
    commands: tuple[str, ...]


def explain_task(stored: StoredRun, name: str) -> Explanation:
    """Return why a task is not done."""
    return _explain(stored, Wait("", tasks=(name,)))


def explain_lane(stored: StoredRun, name: str) -> Explanation:
    """Return why a lane has not landed."""
    return _explain(stored, Wait("", lanes=(name,)))


def _explain(stored: StoredRun, asked: Wait) -> Explanation:
    """Follow causes from one to the next; each is told once, so no circle can hold it."""
    links = _Links(stored)
    frontier = deque(_names(asked))
    chain: dict[str, Cause] = {}
    while frontier:
        name = frontier.popleft()
        if name not in chain:
            chain[name] = links.cause(name)
            frontier.extend(chain[name].because)
    causes, graph = tuple(chain.values()), stored.folders.graph
    commands = dict.fromkeys(each for cause in reversed(causes) for each in links.answers(cause))
    return Explanation(SCHEMA, graph, stored.number, causes, tuple(commands))


def _names(wait: Wait | None) -> tuple[str, ...]:
    if wait is None:
        return ()
    return (*(f"{TASK}{name}" for name in wait.tasks), *(f"{LANE}{name}" for name in wait.lanes))


class _Links:
    """Looks at single tasks and lanes of one run."""

    def __init__(self, stored: StoredRun) -> None:
        self._stored = stored
        self._s = stored.snapshot
        self._looks = looks_of(stored)
        self._programs = list(programs_of(stored))

    def cause(self, name: str) -> Cause:
        if name.startswith(TASK):
            return self._task(self._s.tasks[name.removeprefix(TASK)])
        return self._lane(self._s.lanes[name.removeprefix(LANE)])

    def answers(self, cause: Cause) -> tuple[str, ...]:
        if cause.kind == "task":
            need = need_of_task(self._s, self._s.tasks[cause.id])
        else:
            need = need_of_lane(self._s, self._s.lanes[cause.id])
        if need is not None:
            return answers(need)
        return (cause.command,) if cause.command else ()

    def _task(self, task: TaskState) -> Cause:
        moves = self._stored.moves
        waits_for = task_view(self._s, task, self._looks, moves=moves).waits_for
        was_tried = task.attempt > 0
        pause = pause_of_task(self._s, task)
        return Cause(
            kind="task",
            id=task.id,
            status=task.status.value,
            waits_for=waits_for,
            now=_task_now(task),
            command=_task_command(self._s, task) or self._by_all(waits_for, pause),
            attempts=tuple(attempts_of(self._stored, task.id)) if was_tried else (),
            gates=(),
            because=_names(wait_of_task(self._s, task, moves=moves)),
        )

    def _lane(self, lane: LaneState) -> Cause:
        moves = self._stored.moves
        waits_for = lane_view(self._s, lane, self._looks, moves=moves).waits_for
        need = need_of_lane(self._s, lane)
        pause = pause_of_lane(self._s, lane)
        return Cause(
            kind="lane",
            id=lane.id,
            status=lane.status.value,
            waits_for=waits_for,
            now=_lane_now(lane),
            command=need.command if need is not None else self._by_all(waits_for, pause),
            attempts=(),
            gates=tuple(p for p in self._programs if p.lane == lane.id and p.task is None),
            because=_names(wait_of_lane(self._s, lane, moves=moves)),
        )

    def _by_all(self, waits_for: str | None, pause: Pause | None) -> str:
        """Return the command for what keeps any task or lane, where it keeps this one."""
        graph = self._s.graph.name
        if waits_for in (RESUME, not_asked_for(graph)):
            return interrupted(graph, "").command
        paused = need_of_pause(self._s, pause) if pause is not None else None
        is_kept = paused is not None and (waits_for or "").startswith(paused.reason)
        return paused.command if paused is not None and is_kept else ""


def _task_command(s: Snapshot, task: TaskState) -> str:
    if (need := need_of_task(s, task)) is not None:
        return need.command
    is_cancelled = task.status is TaskStatus.CANCELLED
    return f"agentrelay retry {name_of_task(s.graph, task.id)}" if is_cancelled else ""


def _task_now(task: TaskState) -> str:
    if task.status is TaskStatus.MERGED:
        return "; ".join((f"merged into its lane as {(task.commit or '')[:10]}", *task.waivers))
    if task.program is not None:
        return f"attempt {task.attempt}, turn {task.turn}: a program works on it"
    return f"attempt {task.attempt}, turn {task.turn}" if task.open else ""


def _lane_now(lane: LaneState) -> str:
    if lane.landed is not None:
        landed = f"landed on {lane.target} as {lane.landed[:10]}"
        return f"{landed}; {now}" if (now := _revert_now(lane)) else landed
    return "its gate runs" if lane.program is not None else ""


def _revert_now(lane: LaneState) -> str:
    if lane.reverted is not None:
        return f"reverted by {lane.reverted['by']} as {lane.reverted['commit'][:10]}"
    return "is being reverted" if lane.reverting is not None else ""
