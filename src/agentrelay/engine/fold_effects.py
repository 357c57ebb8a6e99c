"""What an effect's intent, result or failure means for the snapshot, one rule for each kind."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop

from agentrelay.engine import fold_lanes, fold_questions, fold_reset, fold_reverts
from agentrelay.engine.bookkeeping import (
    close_attempt,
    count_spent,
    drop_ready,
    drop_wanting,
    facts,
    program_started,
    release_target,
    set_task_status,
    wait_for_account,
)
from agentrelay.engine.effect import EffectKind
from agentrelay.engine.snapshot import Hold, Snapshot, TaskState
from agentrelay.journal.event import Data, Event
from agentrelay.task.core.task import TaskStatus

K = EffectKind


def announce(s: Snapshot, intent: Event) -> None:
    """Fold what is true as soon as an effect is announced."""
    kind = intent.data["kind"]
    if kind == K.ATTEMPT_START:
        _open_attempt(s, intent)
    elif kind == K.TURN_START:
        _leave_queue(s, intent, "agents")
    elif kind == K.TURN_KEEP:
        s.tasks[intent.task or ""].keeping = True
        s.tasks[intent.task or ""].keeps += 1
    elif kind == K.SETUP_START:
        _leave_queue(s, intent, "gates")
        s.tasks[intent.task or ""].gate_runs[SETUP] = intent.data["index"]
    elif kind == K.GATE_START:
        _leave_queue(s, intent, "gates")
        _gate_announced(s, intent)
    elif kind == K.LANE_RESET:
        fold_reset.announced(s, intent)
    elif kind == K.REVERT_MAKE:
        fold_reverts.announced(s.lanes[intent.workstream or ""], intent)
    if intent.task is None and kind in LANDING_KINDS:
        lane = s.lanes[intent.workstream or ""]
        s.landing[lane.target] = lane.id


SETUP = ""
"""Under this name the runs of a lane's setup are counted beside those of its gates."""

LANDING_KINDS = frozenset(
    {K.LANE_CANDIDATE, K.GATE_START, K.LANE_LAND, K.REVERT_MAKE, K.REVERT_LAND}
)
"""Acts of a lane that no other lane of the same target may do meanwhile."""


def conclude(s: Snapshot, intent: Event, result: Data) -> None:
    """Fold the result of the effect that ``intent`` announced."""
    if intent.data["kind"] == K.TURN_STOP:
        _stop_asked(s, intent)
    elif intent.data["kind"] == K.LANE_RESET:
        fold_reset.concluded(s, intent, result)
    elif intent.task is not None:
        _TASK_RULES[intent.data["kind"]](s, s.tasks[intent.task], intent, result)
    elif intent.workstream is not None:
        fold_lanes.RULES[intent.data["kind"]](s, s.lanes[intent.workstream], intent, result)


def give_up(s: Snapshot, intent: Event, failure: Data) -> None:
    """Fold an effect that failed for good: whoever it was for waits for a person."""
    reason = str(failure["message"])
    if intent.data["kind"] == K.TURN_STOP:
        # It may end by itself; a person can ask for its end again.
        _stop_asked(s, intent)
    elif intent.data["kind"] == K.TURN_KEEP:
        # The worktree may have gone meanwhile; what the turn leaves is pinned at its end.
        s.tasks[intent.task or ""].keeping = False
    elif intent.data["kind"] == K.TURN_ANSWER:
        fold_questions.failed(s, intent, reason)
    elif intent.data["kind"] == K.LANE_RESET:
        fold_reset.failed(s, intent, reason)
    elif intent.task is not None:
        s.tasks[intent.task].hold = Hold("error", reason)
    elif intent.workstream is not None:
        lane = s.lanes[intent.workstream]
        if intent.data["kind"] == K.LANE_TEARDOWN:
            # What landed has landed: a clean-up that failed holds nothing up.
            fold_lanes.tidied(lane)
            lane.error = reason
        elif intent.data["kind"] == K.LANE_PUBLISH:
            lane.published = True
            lane.error = reason
        elif lane.reverting is not None:
            fold_reverts.refuse(lane, reason)
        else:
            lane.hold = Hold("error", reason)
            release_target(s, lane)


def _leave_queue(s: Snapshot, intent: Event, slot: str) -> None:
    queue = s.wanting[slot]
    name = intent.task or intent.workstream
    if queue and queue[0][2] == name:
        heappop(queue)
    elif queue and name is not None:
        drop_wanting(s, name)


def _open_attempt(s: Snapshot, intent: Event) -> None:
    task = s.tasks[intent.task or ""]
    if task.open:
        return
    lane = s.lanes[task.lane]
    if lane.ready and lane.ready[0][1] == task.id:
        heappop(lane.ready)
        task.queued = False
    drop_ready(s, task)
    lane.active = task.id
    task.open = True
    task.attempt = intent.attempt or 0
    task.turn = 1
    task.error = ""
    if task.commit is None:
        # What was waived is of an attempt of which nothing was merged.
        task.waivers = []
    set_task_status(s, task, TaskStatus.RUNNING)


def _gate_announced(s: Snapshot, intent: Event) -> None:
    gate, index = intent.data["gate"], intent.data["index"]
    if intent.task is None:
        s.lanes[intent.workstream or ""].gate_runs[gate] = index
        return
    task = s.tasks[intent.task]
    task.gate_runs[gate] = index
    if task.status is TaskStatus.RUNNING:
        set_task_status(s, task, TaskStatus.GATING)


def _attempt_started(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    del s, intent
    task.start = result["start"]
    task.requires = tuple(result["requires"])
    if result.get("conflict"):
        task.feedback = {"kind": "conflict", "text": result["conflict"]}


def _setup_started(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    if not result["needed"]:
        task.setup = True
    elif program_started(s, intent, result, "gates"):
        task.program = intent.data["key"]


def _turn_started(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    if result.get("paused"):
        wait_for_account(s, task, result["paused"])
    elif program_started(s, intent, result, "agents"):
        task.program = intent.data["key"]
        task.turn_started = True
        del task.messages[: intent.data.get("messages", 0)]
        task.held_turn = 0
        task.account = result.get("account")
        task.asks_again = False


def _turn_kept(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    del s, intent, result
    task.keeping = False


def _stop_asked(s: Snapshot, intent: Event) -> None:
    if intent.task is not None:
        s.tasks[intent.task].stop_asked = True


def _collected(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    if "by" not in intent.data:
        count_spent(s, task, (intent.attempt or 0, intent.turn or 0), result)
    task.collected = facts(result)
    task.collect_round += 1
    task.session = result.get("session") or task.session
    task.summary = result.get("summary", "") or task.summary
    task.changed = result.get("changed", task.changed)
    for field, target in (("concerns", task.concerns), ("notes", task.notes)):
        target.extend(text for text in result.get(field, ()) if text not in target)
    if result.get("paused"):
        task.held_turn = task.turn
        wait_for_account(s, task, result["paused"], result["reason"])


def _gate_started(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    if program_started(s, intent, result, "gates"):
        task.program = intent.data["key"]


def _task_opened(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    del intent
    task.number = result["number"]
    task.url = result["url"]
    task.opened = True
    if task.status is not TaskStatus.PR_CREATED:
        set_task_status(s, task, TaskStatus.PR_CREATED, result["url"])


def _task_merged(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    if result.get("in_the_way"):
        task.hold = Hold("in_the_way", result["in_the_way"])
        return
    if result.get("moved"):
        # The lane has moved, by a person's commit, say: merge anew and judge that.
        task.collected = None
        task.verdicts = {}
        task.opened = False
        return
    task.commit = result["commit"]
    task.feedback = None
    task.earlier = None
    s.lanes[task.lane].head = task.commit
    s.lanes[task.lane].merges.append((task.id, intent.data["base_tip"]))
    close_attempt(s, task)
    set_task_status(s, task, TaskStatus.MERGED)


_TASK_RULES: dict[str, Callable[[Snapshot, TaskState, Event, Data], None]] = {
    K.ATTEMPT_START: _attempt_started,
    K.SETUP_START: _setup_started,
    K.TURN_START: _turn_started,
    K.TURN_KEEP: _turn_kept,
    K.TURN_ANSWER: fold_questions.answered,
    K.TURN_COLLECT: _collected,
    K.GATE_START: _gate_started,
    K.TASK_OPEN: _task_opened,
    K.TASK_MERGE: _task_merged,
}
