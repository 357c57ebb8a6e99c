"""What each task and lane waits for, named; None for what is progressing or has done its part.

Derived from the snapshot's facts alone, and total: whatever does not move has a reason here.
"""

from __future__ import annotations

from dataclasses import dataclass

from agentrelay._shared.clock import rfc3339
from agentrelay._shared.text import named
from agentrelay.agent.core.accounts import shown_account
from agentrelay.engine.lane_rules import next_task, unlanded_upstream
from agentrelay.engine.pauses import Pause, keeps_lane, pause_of_lane, pause_of_task
from agentrelay.engine.revert_rules import reverting_below
from agentrelay.engine.snapshot import AccountWait, Hold, LaneState, Snapshot, TaskState
from agentrelay.graph.naming import name_of_task
from agentrelay.interfaces.views.needs import need_of_pause, need_of_task
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

RESUME = "waits for agentrelay resume"
_ENDED = (TaskStatus.FAILED, TaskStatus.CANCELLED)


@dataclass(frozen=True)
class Wait:
    """Why something is at rest, and the tasks and lanes that are the cause of it, if some are."""

    text: str
    tasks: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()


def task_wait(s: Snapshot, task: TaskState, *, moves: bool) -> str | None:
    """Return what a task waits for, or why it ended; None where it is worked at or merged.

    ``moves`` says that a process carries the run on.
    """
    wait = wait_of_task(s, task, moves=moves)
    return wait.text if wait is not None else None


def lane_wait(s: Snapshot, lane: LaneState, *, moves: bool) -> str | None:
    """Return what a lane waits for, or why it failed; None where it progresses or has landed.

    ``moves`` says that a process carries the run on.
    """
    wait = wait_of_lane(s, lane, moves=moves)
    return wait.text if wait is not None else None


def wait_of_task(s: Snapshot, task: TaskState, *, moves: bool) -> Wait | None:
    """Return what ``task_wait`` tells, with its causes."""
    if task.status is TaskStatus.MERGED:
        return None
    if task.status in _ENDED:
        return Wait(f"{task.status.value}: {task.error or 'no reason was given'}")
    if task.hold is not None:
        return Wait(_for_person(task.hold))
    if task.account_wait is not None:
        return Wait(account_wait(s, task, task.account_wait)) if moves else Wait(RESUME)
    if task.open:
        return _under_way(s, task, moves=moves)
    return _yet_to_begin(s, task, moves=moves)


def _yet_to_begin(s: Snapshot, task: TaskState, *, moves: bool) -> Wait | None:
    paused = _paused(s, pause_of_task(s, task))
    first = paused if task.paused else None
    return first or _blocked(s, task) or paused or _before_start(s, task, moves=moves)


def wait_of_lane(s: Snapshot, lane: LaneState, *, moves: bool) -> Wait | None:
    """Return what ``lane_wait`` tells, with its causes."""
    if lane.status is WorkstreamStatus.MERGED:
        return _for_revert(s, lane, moves=moves)
    if lane.status is WorkstreamStatus.FAILED:
        return Wait(f"failed: {lane.error or 'no reason was given'}", _why_failed(s, lane))
    if lane.hold is not None:
        return Wait(_for_person(lane.hold), lanes=_failed_upstream(s, lane))
    if lane.program is not None or lane.in_flight is not None:
        return None if moves or lane.program is not None else Wait(RESUME)
    return _at_rest(s, lane, moves=moves)


def _at_rest(s: Snapshot, lane: LaneState, *, moves: bool) -> Wait | None:
    """Return what a lane waits for of which nothing is done right now."""
    if keeps_lane(s, lane) and lane.active is None:
        return _paused(s, pause_of_lane(s, lane))
    if lane.status in (WorkstreamStatus.PENDING, WorkstreamStatus.ACTIVE):
        return _for_tasks(s, lane, moves=moves)
    return _for_landing(s, lane) if moves else Wait(RESUME)


def _for_revert(s: Snapshot, lane: LaneState, *, moves: bool) -> Wait | None:
    """Return what a landed lane waits for that is being taken back, else None."""
    if lane.reverting is None or lane.program is not None:
        return None
    return _queued(s, lane.id) if moves else Wait(RESUME)


def _paused(s: Snapshot, pause: Pause | None) -> Wait | None:
    if pause is None:
        return None
    need = need_of_pause(s, pause)
    return Wait(f"{need.reason}: {need.command}")


def _failed_upstream(s: Snapshot, lane: LaneState) -> tuple[str, ...]:
    if lane.hold is None or lane.hold.kind != "upstream":
        return ()
    names = sorted(lane.upstream)
    return tuple(name for name in names if s.lanes[name].status is WorkstreamStatus.FAILED)


def _why_failed(s: Snapshot, lane: LaneState) -> tuple[str, ...]:
    """Return the tasks by which a lane failed: its own, or those below that took them along."""
    members = [s.tasks[task.id] for task in s.graph.tasks_of[lane.id]]
    own = [task.id for task in members if task.status in _ENDED]
    below = [_ended_dependency(s, task) for task in members if task.doomed]
    return tuple(dict.fromkeys(own or below))


def _for_person(hold: Hold) -> str:
    return f"waits for a person: {hold.reason}"


def _under_way(s: Snapshot, task: TaskState, *, moves: bool) -> Wait | None:
    if task.program is not None:
        # It is supervised: it goes on whether or not somebody carries the run on.
        why = task.stopping or (f"{task.taken} takes it over" if task.taken else "")
        if why:
            return Wait(f"waits for its agent to end: {why}")
        need = need_of_task(s, task)
        return Wait(f"waits for a person: {need.reason}") if need is not None else None
    if task.taken and task.in_flight is None:
        command = f"agentrelay give {name_of_task(s.graph, task.id)}"
        return Wait(f"waits for {task.taken}, who works on it: {command}")
    pause = pause_of_task(s, task)
    if pause is not None and task.in_flight is None:
        return _paused(s, pause)
    if not moves or (task.in_flight is None and not s.starts_agents):
        return Wait(RESUME)
    return _queued(s, task.id)


def _queued(s: Snapshot, name: str) -> Wait | None:
    for slot, queue in s.wanting.items():
        if any(entry[2] == name for entry in queue):
            return Wait(slot_wait(s, slot))
    return None


def slot_wait(s: Snapshot, slot: str) -> str:
    """Return the wait for a slot of a kind, ``agents`` or ``gates``, of which none is free."""
    if slot == "gates":
        return f"waits for a gate slot ({s.graph.max_gates} of {s.graph.max_gates} busy)"
    return f"waits for an agent slot ({s.graph.max_agents} of {s.graph.max_agents} busy)"


def account_wait(s: Snapshot, task: TaskState, wait: AccountWait) -> str:
    """Return the wait for an account that is asked again at a known time."""
    account = shown_account(task.account or "")
    return f"waits for account {account} until {_moment(wait.until, s.now)} ({wait.why})"


def _blocked(s: Snapshot, task: TaskState) -> Wait | None:
    lane = s.lanes[task.lane]
    if task.doomed:
        ended = _ended_dependency(s, task)
        return Wait(f"its dependency {ended} did not get done", (ended,))
    if task.missing:
        names = [n for n in task.spec.dependencies if s.tasks[n].status is not TaskStatus.MERGED]
        return Wait(f"waits for {named('task', names)}", tuple(names))
    if lane.status is WorkstreamStatus.FAILED:
        return Wait(f"its lane {lane.id} failed: {lane.error}", lanes=(lane.id,))
    if lane.hold is not None:
        text = f"waits for lane {lane.id}, which {_for_person(lane.hold)}"
        return Wait(text, lanes=(lane.id,))
    return None


def not_asked_for(graph: str) -> str:
    """Return the wait of a task that a run which is confined to others does not begin."""
    return f"was not asked for by --only: agentrelay resume {graph} goes on with all"


def _before_start(s: Snapshot, task: TaskState, *, moves: bool) -> Wait | None:
    lane = s.lanes[task.lane]
    if not moves or not s.starts_agents:
        return Wait(RESUME)
    if s.only is not None and task.id not in s.only:
        return Wait(not_asked_for(s.graph.name))
    if not task.queued and any(name == task.id for _, name in s.timers):
        return Wait(f"tries again at {_clock(task.not_before)}: {task.error}")
    if lane.active is not None:
        text = f"waits for task {lane.active}, which has its lane's worktree"
        return Wait(text, (lane.active,))
    first = next_task(s, lane)
    if first is not None and first != task.id:
        return Wait(f"waits for task {first}, which goes first in its lane", (first,))
    return None


def _ended_dependency(s: Snapshot, task: TaskState) -> str:
    """Return the task, however far below, without which this one can't be done."""
    seen: set[str] = set()
    frontier = list(task.spec.dependencies)
    while frontier:
        name = frontier.pop(0)
        if name in seen:
            continue
        seen.add(name)
        below = s.tasks[name]
        if below.status in _ENDED:
            return name
        if below.doomed:
            frontier.extend(below.spec.dependencies)
    return task.spec.dependencies[0]


def _for_tasks(s: Snapshot, lane: LaneState, *, moves: bool) -> Wait | None:
    """Return why no task of a lane moves, or None where one does."""
    members = [s.tasks[task.id] for task in s.graph.tasks_of[lane.id]]
    name = lane.active or next_task(s, lane)
    task = s.tasks[name] if name is not None else _next_to_move(members)
    if task is None:
        return None if moves else Wait(RESUME)
    wait = wait_of_task(s, task, moves=moves)
    if wait is None or wait.text == RESUME:
        return wait
    return Wait(f"task {task.id} {_clause(wait.text)}", (task.id,))


def _next_to_move(members: list[TaskState]) -> TaskState | None:
    """Return the task by which the lane goes on next, or None where nothing is left of it."""
    left = [task for task in members if task.status is TaskStatus.PENDING]
    ready = [task for task in left if not task.missing and not task.doomed]
    # Of those that wait, one that waits for other lanes only: it is what holds up the others.
    names = {task.id for task in members if task.status is not TaskStatus.MERGED}
    firsts = [task for task in left if names.isdisjoint(task.spec.dependencies)]
    return next(iter([*ready, *firsts, *left]), None)


def _clause(wait: str) -> str:
    if wait.startswith("paused "):
        return f"is {wait}"
    return f"can't go on: {wait}" if wait.startswith("its ") else wait


def _for_landing(s: Snapshot, lane: LaneState) -> Wait | None:
    if (queued := _queued(s, lane.id)) is not None:
        return queued
    upstream = unlanded_upstream(s, lane)
    if upstream and lane.approved is None:
        return Wait(f"waits for {named('lane', upstream)} to land", lanes=tuple(upstream))
    if below := reverting_below(s, lane):
        return Wait(f"waits for {named('lane', below)} to be reverted, or not", lanes=tuple(below))
    holder = s.landing.get(lane.target, lane.id)
    if holder != lane.id:
        return Wait(f"waits for lane {holder} to land on {lane.target}", lanes=(holder,))
    return None


def _moment(unix_seconds: float, now: float) -> str:
    """Return a time of day, with its day where that is another one."""
    day = rfc3339(unix_seconds)[:10]
    return _clock(unix_seconds) if day == rfc3339(now)[:10] else f"{day} {_clock(unix_seconds)}"


def _clock(unix_seconds: float) -> str:
    """Return the time of day in UTC, as the journal's times are."""
    return f"{rfc3339(unix_seconds)[11:19]} UTC"
