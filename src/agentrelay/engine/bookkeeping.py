"""The snapshot's own bookkeeping: statuses with their counters, ready sets, doomed dependents."""

from __future__ import annotations

from heapq import heapify, heappush

from agentrelay._shared.clock import parse_rfc3339
from agentrelay.agent.core.accounts import shown_account
from agentrelay.engine.pauses import keeps_lane, pause_of_task
from agentrelay.engine.snapshot import (
    ACCOUNT,
    AccountWait,
    Change,
    Facts,
    Hold,
    LaneState,
    Program,
    Snapshot,
    TaskState,
)
from agentrelay.engine.spending import Spent, spent_by
from agentrelay.journal.event import Data, Event
from agentrelay.task.core.runtime import ENDED, transition
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

LANE_ENDED = frozenset({WorkstreamStatus.MERGED, WorkstreamStatus.FAILED})


def set_task_status(s: Snapshot, task: TaskState, status: TaskStatus, text: str = "") -> None:
    """Move a task, keep the counters of its lane and dependents, note the change."""
    before = task.status
    task.status = transition(before, status)
    s.changes.append(Change(task.lane, task.id, status.value, text, task.attempt))
    if status is TaskStatus.PENDING:
        # One of them may have been sent back while this task was worked at.
        names = task.spec.dependencies
        task.missing = sum(s.tasks[name].status is not TaskStatus.MERGED for name in names)
    if status is TaskStatus.MERGED:
        _merged(s, task)
    elif status in ENDED:
        _doom(s, task, 1)
    elif before is TaskStatus.MERGED:
        _unmerged(s, task)
    elif before in ENDED:
        _doom(s, task, -1)
    elif status is TaskStatus.PENDING:
        # What it depends on may have failed while it was worked at: then it can't be run again.
        recount(s, {task.lane})


def set_lane_status(s: Snapshot, lane: LaneState, status: WorkstreamStatus, text: str = "") -> None:
    """Move a lane and note the change; ends are counted."""
    if (lane.status in LANE_ENDED) != (status in LANE_ENDED):
        s.open_lanes += -1 if status in LANE_ENDED else 1
    _list_for_target(s, lane, status)
    lane.status = status
    s.changes.append(Change(lane.id, None, status.value, text))
    if status in LANE_ENDED:
        release_target(s, lane)


def _list_for_target(s: Snapshot, lane: LaneState, status: WorkstreamStatus) -> None:
    """Keep the list of lanes that have not landed, so that the next to land is found fast."""
    before, after = (state is WorkstreamStatus.MERGED for state in (lane.status, status))
    if after and not before:
        s.lanes_of_target[lane.target].remove(lane.id)
    elif before and not after:
        s.lanes_of_target[lane.target].append(lane.id)


def release_target(s: Snapshot, lane: LaneState) -> None:
    """Let other lanes land on the target, if it was this lane that did."""
    if s.landing.get(lane.target) == lane.id:
        del s.landing[lane.target]


def fail_lane(s: Snapshot, lane: LaneState, reason: str) -> None:
    """Mark a lane failed; its branch and worktree stay."""
    lane.error = reason
    lane.hold = None
    drop_wanting(s, lane.id)
    set_lane_status(s, lane, WorkstreamStatus.FAILED, reason)


def close_attempt(s: Snapshot, task: TaskState) -> None:
    """Forget the facts of the attempt that ended and free its lane."""
    task.open = False
    task.start = None
    task.requires = ()
    task.setup = False
    task.turn = 0
    task.turn_started = False
    task.session = None
    task.held_turn = 0
    task.questions = {}
    task.account = None
    task.asks_again = False
    task.outcome = None
    task.collected = None
    task.collect_round = 0
    task.verdicts = {}
    task.baseline = {}
    task.failures = {}
    task.gate_runs = {}
    task.last_red = None
    task.conflicts = 0
    task.opened = False
    task.stopping = ""
    task.stop_asked = False
    task.taken = ""
    task.hold = None
    end_account_wait(s, task)
    drop_wanting(s, task.id)
    lane = s.lanes[task.lane]
    if lane.active == task.id:
        lane.active = None


def wait_for_account(s: Snapshot, task: TaskState, paused: Facts, said: str = "") -> None:
    """Let a task wait until its account is asked again; for a person where nobody knows when."""
    why = paused["why"]
    task.account = paused["account"]
    task.asks_again = False
    if paused["until"] is None:
        reason = f"account {shown_account(paused['account'])}: {why}"
        task.hold = Hold(ACCOUNT, f"{reason}: {said}" if said else reason)
        return
    until = parse_rfc3339(paused["until"])
    task.account_wait = AccountWait(until, why)
    s.timers.append((until, task.id))


def end_account_wait(s: Snapshot, task: TaskState) -> None:
    """End a task's wait for its account, whatever kind of wait it is."""
    if task.hold is not None and task.hold.kind == ACCOUNT:
        task.hold = None
    if task.account_wait is not None:
        task.account_wait = None
        s.timers = [timer for timer in s.timers if timer[1] != task.id]


def count_spent(s: Snapshot, task: TaskState, turn: tuple[int, int], result: Data) -> None:
    """Count what a turn took, once: it is collected again where its lane has moved."""
    if turn > task.spent_on:
        task.spent_on = turn
        add_spent(s, task, spent_by(result))


def add_spent(s: Snapshot, task: TaskState, more: Spent) -> None:
    """Count what was spent on a task, for it and for the run."""
    task.spent.add(more)
    s.spent.add(more)


def push_ready(s: Snapshot, task: TaskState) -> None:
    """Put a task into its lane's ready set, where it belongs there and is not there yet."""
    if task.queued or task.missing or task.open or task.doomed:
        return
    if task.status is TaskStatus.PENDING and task.hold is None:
        heappush(s.lanes[task.lane].ready, (task.priority, task.id))
        task.queued = True


def drop_ready(s: Snapshot, task: TaskState) -> None:
    """Take a task out of its lane's ready set."""
    if task.queued:
        ready = s.lanes[task.lane].ready
        ready.remove((task.priority, task.id))
        heapify(ready)
        task.queued = False


def drop_wanting(s: Snapshot, name: str) -> None:
    """Take a task or lane out of the queues for slots."""
    for slot, queue in s.wanting.items():
        if any(entry[2] == name for entry in queue):
            s.wanting[slot] = [entry for entry in queue if entry[2] != name]


def _merged(s: Snapshot, task: TaskState) -> None:
    lane = s.lanes[task.lane]
    lane.unmerged -= 1
    lane.movable -= 1
    lane.last_merged = task.id
    for name in s.graph.dependents[task.id]:
        dependent = s.tasks[name]
        if dependent.missing:
            dependent.missing -= 1
            push_ready(s, dependent)


def _unmerged(s: Snapshot, task: TaskState) -> None:
    s.lanes[task.lane].unmerged += 1
    for name in s.graph.dependents[task.id]:
        dependent = s.tasks[name]
        if dependent.status is TaskStatus.PENDING and not dependent.open:
            drop_ready(s, dependent)
            dependent.missing += 1
    recount(s, {task.lane})


def _doom(s: Snapshot, task: TaskState, step: int) -> None:
    """Count ``task`` in or out of the failed tasks that each of its dependents waits for."""
    touched = {task.lane}
    seen: set[str] = set()
    frontier = list(s.graph.dependents[task.id])
    while frontier:
        name = frontier.pop()
        if name in seen:
            continue
        seen.add(name)
        dependent = s.tasks[name]
        dependent.doomed += step
        touched.add(dependent.lane)
        if dependent.doomed:
            drop_ready(s, dependent)
        else:
            push_ready(s, dependent)
        frontier.extend(s.graph.dependents[name])
    recount(s, touched)


def recount(s: Snapshot, lanes: set[str]) -> None:
    """Count again how many tasks of some lanes can still get done."""
    for name in lanes:
        members = (s.tasks[task.id] for task in s.graph.tasks_of[name])
        s.lanes[name].movable = sum(1 for task in members if _can_move(task))


def _can_move(task: TaskState) -> bool:
    if task.status in ENDED:
        return False
    return task.status is not TaskStatus.PENDING or task.open or not task.doomed


def _is_kept(s: Snapshot, event: Event) -> bool:
    if event.task is not None:
        return pause_of_task(s, s.tasks[event.task]) is not None
    return keeps_lane(s, s.lanes[event.workstream or ""])


def want_slot(s: Snapshot, event: Event, slot: str) -> None:
    """Queue a task (or a lane, for its gate) for a slot of a kind, unless it is paused by now."""
    if _is_kept(s, event):
        return
    if event.task is not None:
        entry = (s.tasks[event.task].priority, "task", event.task)
    else:
        lane = s.lanes[event.workstream or ""]
        entry = ((-1_000_000, lane.index), "lane", lane.id)
    if entry not in s.wanting[slot]:
        heappush(s.wanting[slot], entry)


def program_started(s: Snapshot, intent: Event, result: Data, slot: str) -> bool:
    """Note a started program; False where there was no slot for it."""
    if result.get("no_slot"):
        want_slot(s, intent, slot)
        return False
    key = intent.data["key"]
    s.programs[key] = Program(
        key,
        intent.data["kind"],
        intent.workstream or "",
        intent.task,
        intent.attempt,
        intent.turn,
        intent.data.get("gate", ""),
        intent.data.get("index", 0),
        intent.data.get("subject", ""),
        result.get("stamp", ""),
    )
    return True


def rest_after_tidying(s: Snapshot) -> None:
    """Have a run that was finished, and was only tidied since, finished as it was."""
    if s.tidied_after is None or s.in_flight or s.programs:
        return
    if not any(lane.reverting for lane in s.lanes.values()):
        s.finished = s.tidied_after


def facts(result: Data) -> Facts:
    """Return a result to keep, without what only says of which effect it is."""
    return {name: value for name, value in result.items() if name not in ("key", "kind")}
