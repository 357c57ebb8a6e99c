"""The state of a run for those who look: what needs them, its lanes, its tasks, and their waits.

``json.dumps(view, default=vars)`` of a ``RunView`` is what ``status --json`` prints;
docs/reference/status-json.md describes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from agentrelay.app.probing import looks
from agentrelay.engine.lane_rules import concerns
from agentrelay.engine.settle import FAILURES, is_busy
from agentrelay.engine.snapshot import LaneState, Snapshot, TaskState
from agentrelay.engine.spending import total
from agentrelay.executor.core.executor import Ended, Lost, NotStarted, Unclear
from agentrelay.interfaces.views.needs import Need, interrupted, needs_you, ready
from agentrelay.interfaces.views.program_view import Looks, ProgramView, program_views, what_became
from agentrelay.interfaces.views.spent_view import SpentView, spent_view
from agentrelay.interfaces.views.stored_run import StoredRun
from agentrelay.interfaces.views.waits import RESUME, lane_wait, task_wait
from agentrelay.task.core.task import TaskStatus

SCHEMA = 1


@dataclass(frozen=True)
class ChangeRequestView:
    """The number and the name of a change request; ``local#7`` on the local forge."""

    number: int
    url: str


@dataclass(frozen=True)
class RevertView:
    """The commit that took back what a lane had landed: who wanted it, when, by which request."""

    commit: str
    by: str
    time: str
    change_request: ChangeRequestView


@dataclass(frozen=True)
class TaskView:
    """A task: ``waits_for`` is None while it moves; ``commit`` is set once it is merged."""

    id: str
    status: str
    attempt: int
    turn: int
    waits_for: str | None
    commit: str | None
    change_request: ChangeRequestView | None
    concerns: tuple[str, ...]
    error: str
    spent: SpentView


@dataclass(frozen=True)
class LaneView:
    """A lane with its tasks, in the graph's order."""

    id: str
    status: str
    waits_for: str | None
    change_request: ChangeRequestView | None
    target: str
    landed: str | None
    reverted: RevertView | None
    worktree: str | None
    concerns: tuple[str, ...]
    error: str
    spent: SpentView
    tasks: tuple[TaskView, ...]


@dataclass(frozen=True)
class RunView:
    """A run. ``state`` is running, waiting, finished, failed, interrupted or ready."""

    schema: int
    graph: str
    run: int
    state: str
    started: str
    seq: int
    needs_you: tuple[Need, ...]
    programs: tuple[ProgramView, ...]
    spent: SpentView
    lanes: tuple[LaneView, ...]


def view_of(stored: StoredRun) -> RunView:
    """Return the view of a stored run."""
    s = stored.snapshot
    state = run_state(s, is_held=stored.is_held)
    needs = tuple(needs_you(s))
    found = looks_of(stored)
    programs = program_views(s, found)
    if state == "interrupted":
        needs = (interrupted(s.graph.name, _why_interrupted(programs)), *needs)
    elif state == "ready":
        needs = (ready(s), *needs)
    return RunView(
        schema=SCHEMA,
        graph=s.graph.name,
        run=stored.number,
        state=state,
        started=stored.facts.started,
        seq=s.seq,
        needs_you=needs,
        programs=programs,
        spent=spent_view(s.spent),
        lanes=tuple(lane_view(s, lane, found, moves=stored.moves) for lane in s.lanes.values()),
    )


def looks_of(stored: StoredRun) -> Looks:
    """Return what is true now of the programs of a run."""
    return looks(stored.folders.run(stored.number), stored.snapshot)


def run_state(s: Snapshot, *, is_held: bool) -> str:
    """Return in a word how a run stands; ``is_held`` says that a process carries it on."""
    if s.finished is not None:
        return "failed" if s.finished == FAILURES else "finished"
    if s.waiting_code is not None:
        return "waiting"
    if is_held:
        return "running"
    # Who starts no agents has answered a person and left the rest to whoever carries the run on.
    return "interrupted" if s.starts_agents or is_busy(s) else "ready"


def lane_view(s: Snapshot, lane: LaneState, found: Looks, *, moves: bool) -> LaneView:
    """Return the view of one lane; ``moves`` says that a process carries the run on."""
    wait = _program_wait(found, lane.program, moves=moves) or lane_wait(s, lane, moves=moves)
    return LaneView(
        id=lane.id,
        status=lane.status.value,
        waits_for=wait,
        change_request=_request(lane.number, lane.url),
        target=lane.target,
        landed=lane.landed,
        reverted=_revert(lane),
        worktree=None if lane.torn_down else lane.worktree,
        concerns=tuple(concerns(s, lane)),
        error=lane.error,
        spent=spent_view(total(s.tasks[task.id].spent for task in s.graph.tasks_of[lane.id])),
        tasks=tuple(
            task_view(s, s.tasks[task.id], found, moves=moves) for task in s.graph.tasks_of[lane.id]
        ),
    )


def task_view(s: Snapshot, task: TaskState, found: Looks, *, moves: bool) -> TaskView:
    """Return the view of one task; ``moves`` says that a process carries the run on."""
    wait = _program_wait(found, task.program, moves=moves) or task_wait(s, task, moves=moves)
    return TaskView(
        id=task.id,
        status=task.status.value,
        attempt=task.attempt,
        turn=task.turn,
        waits_for=wait,
        commit=task.commit if task.status is TaskStatus.MERGED else None,
        change_request=_request(task.number, task.url),
        concerns=tuple(task.concerns),
        error=task.error,
        spent=spent_view(task.spent),
    )


def _revert(lane: LaneState) -> RevertView | None:
    if (facts := lane.reverted) is None:
        return None
    request = ChangeRequestView(facts["number"], facts["url"])
    return RevertView(facts["commit"], facts["by"], facts["time"], request)


def _request(number: int | None, url: str | None) -> ChangeRequestView | None:
    return ChangeRequestView(number, url or "") if number is not None else None


def _program_wait(found: Looks, program: str | None, *, moves: bool) -> str | None:
    """Return what the owner of a program waits for where that does not simply run."""
    look = found.get(program or "")
    if isinstance(look, Unclear):
        return f"waits until it is known whether its program runs: {look.why}"
    has_ended = isinstance(look, Ended | Lost | NotStarted)
    return RESUME if has_ended and not moves else None


def _why_interrupted(programs: tuple[ProgramView, ...]) -> str:
    became = what_became(programs)
    return f"nobody carries the run on; {became}" if became else "nobody carries the run on"
