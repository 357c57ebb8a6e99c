"""Apply one event to the snapshot: facts only, no decisions. The one place that changes it."""

from __future__ import annotations

from collections.abc import Callable

from agentrelay.engine import (
    budgets,
    fold_attended,
    fold_effects,
    fold_forge,
    fold_people,
    fold_questions,
    fold_takeover,
)
from agentrelay.engine.bookkeeping import (
    add_spent,
    close_attempt,
    drop_wanting,
    end_account_wait,
    fail_lane,
    push_ready,
    release_target,
    rest_after_tidying,
    set_lane_status,
    set_task_status,
    want_slot,
)
from agentrelay.engine.effect import BESIDE, EffectKind
from agentrelay.engine.snapshot import Hold, Program, Snapshot, TaskState, waits_for_account
from agentrelay.engine.spending import Spent
from agentrelay.journal import event as ev
from agentrelay.journal.event import Event
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

BACKOFF_FIRST = 5.0
BACKOFF_LAST = 300.0


def apply(s: Snapshot, event: Event) -> None:
    """Make ``s`` the snapshot as of ``event``, which must be the next of its run."""
    s.seq = event.seq
    _RULES[event.type](s, event)


def set_time(s: Snapshot, event: Event) -> None:
    """Take the event's time as the present; only inputs carry news of it."""
    s.moment = event.time


def _started(s: Snapshot, event: Event) -> None:
    set_time(s, event)
    s.settings = {name: value for name, value in event.data.items() if name != "taken"}
    taken = event.data.get("taken")
    if taken is not None:
        fold_takeover.take_over(s, taken)
    _go(s, event)


def _resumed(s: Snapshot, event: Event) -> None:
    set_time(s, event)
    _go(s, event)
    for lane in s.lanes.values():
        if lane.hold is not None and lane.hold.kind in RETRIED_ON_RESUME:
            lane.hold = None
    for task in s.tasks.values():
        if task.hold is not None and task.hold.kind in RETRIED_ON_RESUME:
            task.hold = None
        if s.starts_agents:
            _ask_agent_again(s, task)


def _ask_agent_again(s: Snapshot, task: TaskState) -> None:
    if task.hold is not None and task.hold.kind == budgets.HOLD:
        task.hold = None
    if waits_for_account(task):
        end_account_wait(s, task)
        task.asks_again = True


RETRIED_ON_RESUME = frozenset({"error", "in_the_way", "push"})
"""Kinds of holds that may have gone by themselves, so resuming looks again."""


def _go(s: Snapshot, event: Event) -> None:
    s.starts_agents = event.data.get("mode", "full") == "full"
    if s.starts_agents:
        s.begun = event.time
    only = event.data.get("only")
    s.only = None if only is None else frozenset(only)
    s.stopped = False
    s.waiting_code = None


def _interrupted(s: Snapshot, event: Event) -> None:
    set_time(s, event)
    s.stopped = True


def _intent(s: Snapshot, event: Event) -> None:
    key = event.data["key"]
    _leave_the_end(s, event)
    s.in_flight[key] = event
    _set_flight(s, event, key)
    fold_effects.announce(s, event)


def _done(s: Snapshot, event: Event) -> None:
    set_time(s, event)
    announced = s.in_flight.pop(event.data["key"])
    _set_flight(s, announced, None)
    fold_effects.conclude(s, announced, event.data)
    _rest_if_paused(s, announced)
    rest_after_tidying(s)


def _failed(s: Snapshot, event: Event) -> None:
    set_time(s, event)
    announced = s.in_flight.pop(event.data["key"])
    _set_flight(s, announced, None)
    fold_effects.give_up(s, announced, event.data)
    _rest_if_paused(s, announced)
    rest_after_tidying(s)


def _leave_the_end(s: Snapshot, intent: Event) -> None:
    """Have a finished run go on; by what only tidies it, it comes to the end that it had."""
    lane = s.lanes.get(_lane_of(intent))
    is_revert = lane is not None and lane.reverting is not None
    if intent.data["kind"] not in TIDYING and not is_revert:
        s.tidied_after = None
    elif s.finished is not None:
        s.tidied_after = s.finished
    s.finished = None


TIDYING = frozenset({EffectKind.LANE_TEARDOWN, EffectKind.REVERT_MAKE})
"""Kinds of effects after which a run that was finished is so again, in the same way."""


def _set_flight(s: Snapshot, announced: Event, key: str | None) -> None:
    """Note for whom the effect of ``key`` is done, if nothing else is to be done for it then."""
    if announced.data["kind"] in BESIDE:
        return
    if announced.task is not None:
        s.tasks[announced.task].in_flight = key
    else:
        s.lanes[_lane_of(announced)].in_flight = key


def _rest_if_paused(s: Snapshot, ended: Event) -> None:
    """Let others land where what ended was the last that a paused lane did."""
    if ended.task is None:
        fold_attended.yield_target(s, s.lanes[_lane_of(ended)])


def _setup_ended(s: Snapshot, event: Event) -> None:
    set_time(s, event)
    task = s.tasks[_task_of(event)]
    _end_program(s, event)
    task.program = None
    if event.data.get("again"):
        return
    if event.data["passed"]:
        task.setup = True
    else:
        task.hold = Hold("setup", f"the lane's setup failed: {event.data['reason']}")


def _turn_ended(s: Snapshot, event: Event) -> None:
    set_time(s, event)
    task = s.tasks[_task_of(event)]
    _end_program(s, event)
    task.program = None
    task.questions = {}
    task.outcome = dict(event.data)
    add_spent(s, task, Spent(seconds=event.data.get("seconds") or 0.0))


def _gate_ended(s: Snapshot, event: Event) -> None:
    set_time(s, event)
    program = _end_program(s, event)
    owner = s.lanes[program.workstream] if program.task is None else s.tasks[program.task]
    owner.program = None
    _rest_if_paused(s, event)
    if event.data.get("again"):
        return
    passed = bool(event.data["passed"])
    if program.subject == "start":
        s.tasks[_task_of(event)].baseline[program.gate] = passed
        return
    owner.verdicts[program.gate] = passed
    if not passed:
        owner.last_red = dict(event.data)
        if program.task is not None:
            failures = s.tasks[program.task].failures
            failures[program.gate] = failures.get(program.gate, 0) + 1


def _end_program(s: Snapshot, event: Event) -> Program:
    return s.programs.pop(event.data["key"])


def _timer_due(s: Snapshot, event: Event) -> None:
    set_time(s, event)
    due = set(event.data["tasks"])
    s.timers = [timer for timer in s.timers if timer[1] not in due]
    for name in due:
        end_account_wait(s, s.tasks[name])
        push_ready(s, s.tasks[name])


def _account_open(s: Snapshot, event: Event) -> None:
    set_time(s, event)
    s.waiting_code = None
    for task in s.tasks.values():
        if task.account == event.data["account"]:
            end_account_wait(s, task)


def _only_time(s: Snapshot, event: Event) -> None:
    set_time(s, event)


def _slot_wanted(s: Snapshot, event: Event) -> None:
    want_slot(s, event, event.data["slot"])


def _feedback(s: Snapshot, event: Event) -> None:
    task = s.tasks[_task_of(event)]
    task.feedback = dict(event.data)
    task.turn += 1
    task.turn_started = False
    task.outcome = None
    task.collected = None
    task.verdicts = {}
    task.last_red = None
    if event.data["kind"] == "conflict":
        task.conflicts += 1
    if task.status is not TaskStatus.RUNNING:
        set_task_status(s, task, TaskStatus.RUNNING)


def _attempt_failed(s: Snapshot, event: Event) -> None:
    task = s.tasks[_task_of(event)]
    task.error = event.data["reason"]
    close_attempt(s, task)
    if task.attempt >= task.attempt_limit and task.commit is not None:
        # It was sent back after its work had been merged; that work is still in the lane, and a
        # person decides about it.
        s.lanes[task.lane].remarks.append(f"{task.id}: sent back, but {task.error}")
        set_task_status(s, task, TaskStatus.MERGED, task.error)
        return
    if task.attempt >= task.attempt_limit:
        set_task_status(s, task, TaskStatus.FAILED, task.error)
        return
    set_task_status(s, task, TaskStatus.PENDING, task.error)
    task.feedback = {"kind": "attempt", "text": task.error}
    tries = task.attempt - (task.attempt_limit - task.spec.max_attempts)
    task.not_before = s.now + min(BACKOFF_LAST, BACKOFF_FIRST * 2 ** max(0, tries - 1))
    s.timers.append((task.not_before, task.id))


def _attempt_stopped(s: Snapshot, event: Event) -> None:
    task = s.tasks[_task_of(event)]
    task.attempt_limit += 1
    close_attempt(s, task)
    set_task_status(s, task, TaskStatus.PENDING, event.data["reason"])
    push_ready(s, task)


def _task_held(s: Snapshot, event: Event) -> None:
    task = s.tasks[_task_of(event)]
    task.hold = Hold(event.data["kind"], event.data["reason"])
    task.held_turn = task.turn
    drop_wanting(s, task.id)


def _lane_ready(s: Snapshot, event: Event) -> None:
    set_lane_status(s, s.lanes[_lane_of(event)], WorkstreamStatus.MERGE_READY)


def _lane_held(s: Snapshot, event: Event) -> None:
    lane = s.lanes[_lane_of(event)]
    lane.hold = Hold(event.data["kind"], event.data["reason"])
    drop_wanting(s, lane.id)
    release_target(s, lane)


def _lane_failed(s: Snapshot, event: Event) -> None:
    fail_lane(s, s.lanes[_lane_of(event)], event.data["reason"])


def _waiting(s: Snapshot, event: Event) -> None:
    s.waiting_code = event.data["code"]


def _finished(s: Snapshot, event: Event) -> None:
    s.finished = event.data["code"]


def _task_of(event: Event) -> str:
    if event.task is None:
        message = f"an event {event.type} names no task"
        raise ValueError(message)
    return event.task


def _lane_of(event: Event) -> str:
    if event.workstream is None:
        message = f"an event {event.type} names no lane"
        raise ValueError(message)
    return event.workstream


_RULES: dict[str, Callable[[Snapshot, Event], None]] = {
    ev.RUN_STARTED: _started,
    ev.RUN_RESUMED: _resumed,
    ev.RUN_INTERRUPTED: _interrupted,
    ev.EFFECT_INTENT: _intent,
    ev.EFFECT_DONE: _done,
    ev.EFFECT_FAILED: _failed,
    ev.SETUP_ENDED: _setup_ended,
    ev.TURN_ENDED: _turn_ended,
    ev.TURN_ASKED: fold_questions.asked,
    ev.TURN_ANSWERED: fold_questions.closed,
    ev.GATE_ENDED: _gate_ended,
    ev.TIMER_DUE: _timer_due,
    ev.SLOT_FREE: _only_time,
    ev.KEEP_DUE: _only_time,
    ev.ACCOUNT_OPEN: _account_open,
    ev.FORGE_SEEN: fold_forge.seen,
    ev.SLOT_WANTED: _slot_wanted,
    ev.FEEDBACK_GIVEN: _feedback,
    ev.ATTEMPT_FAILED: _attempt_failed,
    ev.ATTEMPT_STOPPED: _attempt_stopped,
    ev.TASK_HELD: _task_held,
    ev.LANE_READY: _lane_ready,
    ev.LANE_HELD: _lane_held,
    ev.LANE_FAILED: _lane_failed,
    ev.REQUEST_RECEIVED: fold_people.received,
    ev.REQUEST_ANSWERED: fold_people.answered,
    ev.TASK_REOPENED: fold_people.reopened,
    ev.TASK_CANCELLED: fold_people.cancelled,
    ev.TASK_RELEASED: fold_people.task_released,
    ev.TASK_STOPPING: fold_people.stopping,
    ev.LIMITS_SET: fold_people.limits_set,
    ev.LANE_RELEASED: fold_people.lane_released,
    ev.TASK_TAKEN: fold_attended.taken,
    ev.TASK_GIVEN: fold_attended.given,
    ev.TASK_TOLD: fold_attended.told,
    ev.WORK_PAUSED: fold_attended.paused,
    ev.WORK_UNPAUSED: fold_attended.unpaused,
    ev.RUN_WAITING: _waiting,
    ev.RUN_FINISHED: _finished,
}
