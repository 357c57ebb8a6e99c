"""What an effect's intent, result or failure means for the snapshot, one rule for each kind."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

from agentrelay.engine import fold_reset
from agentrelay.engine.bookkeeping import (
    close_attempt,
    drop_ready,
    drop_wanting,
    fail_lane,
    release_target,
    set_lane_status,
    set_task_status,
)
from agentrelay.engine.effect import EffectKind
from agentrelay.engine.snapshot import Facts, Hold, LaneState, Program, Snapshot, TaskState
from agentrelay.journal.event import Data, Event
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

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
    if intent.task is None and kind in LANDING_KINDS:
        lane = s.lanes[intent.workstream or ""]
        s.landing[lane.target] = lane.id


SETUP = ""
"""Under this name the runs of a lane's setup are counted beside those of its gates."""

IGNORED_FILES = "ignored_files"
"""Kind of the hold of a lane whose worktree stays; all that was wanted of it is done."""

LANDING_KINDS = frozenset({K.LANE_CANDIDATE, K.GATE_START, K.LANE_LAND})
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
        _LANE_RULES[intent.data["kind"]](s, s.lanes[intent.workstream], intent, result)


def give_up(s: Snapshot, intent: Event, failure: Data) -> None:
    """Fold an effect that failed for good: whoever it was for waits for a person."""
    reason = str(failure["message"])
    if intent.data["kind"] == K.TURN_STOP:
        # It may end by itself; a person can ask for its end again.
        _stop_asked(s, intent)
    elif intent.data["kind"] == K.TURN_KEEP:
        # The worktree may have gone meanwhile; what the turn leaves is pinned at its end.
        s.tasks[intent.task or ""].keeping = False
    elif intent.data["kind"] == K.LANE_RESET:
        fold_reset.failed(s, intent, reason)
    elif intent.task is not None:
        s.tasks[intent.task].hold = Hold("error", reason)
    elif intent.workstream is not None:
        lane = s.lanes[intent.workstream]
        if intent.data["kind"] == K.LANE_TEARDOWN:
            # What landed has landed: a clean-up that failed holds nothing up.
            _tidied(lane)
            lane.error = reason
        elif intent.data["kind"] == K.LANE_PUBLISH:
            lane.published = True
            lane.error = reason
        else:
            lane.hold = Hold("error", reason)
            release_target(s, lane)


def want_slot(s: Snapshot, event: Event, slot: str) -> None:
    """Queue a task (or a lane, for its gate) for a slot of a kind."""
    if event.task is not None:
        entry = (s.tasks[event.task].priority, "task", event.task)
    else:
        lane = s.lanes[event.workstream or ""]
        entry = ((-1_000_000, lane.index), "lane", lane.id)
    if entry not in s.wanting[slot]:
        heappush(s.wanting[slot], entry)


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


def _program_started(s: Snapshot, intent: Event, result: Data, slot: str) -> bool:
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


def _setup_started(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    if not result["needed"]:
        task.setup = True
    elif _program_started(s, intent, result, "gates"):
        task.program = intent.data["key"]


def _turn_started(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    if _program_started(s, intent, result, "agents"):
        task.program = intent.data["key"]
        task.turn_started = True


def _turn_kept(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    del s, intent, result
    task.keeping = False


def _stop_asked(s: Snapshot, intent: Event) -> None:
    if intent.task is not None:
        s.tasks[intent.task].stop_asked = True


def _facts(result: Data) -> Facts:
    """Return a result to keep, without what only says of which effect it is."""
    return {name: value for name, value in result.items() if name not in ("key", "kind")}


def _collected(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    del s, intent
    task.collected = _facts(result)
    task.collect_round += 1
    task.session = result.get("session") or task.session
    task.summary = result.get("summary", "") or task.summary
    task.changed = result.get("changed", task.changed)
    for field, target in (("concerns", task.concerns), ("notes", task.notes)):
        target.extend(text for text in result.get(field, ()) if text not in target)


def _gate_started(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    if _program_started(s, intent, result, "gates"):
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


def _lane_prepared(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    del intent
    lane.base = result["base"]
    lane.head = result["head"]
    lane.worktree = result["worktree"]
    lane.torn_down = False
    lane.stale = False
    set_lane_status(s, lane, WorkstreamStatus.ACTIVE)


def _lane_opened(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    del intent
    lane.opened = True
    if result.get("unchanged"):
        set_lane_status(s, lane, WorkstreamStatus.MERGED, "nothing to land")
        return
    lane.number = result["number"]
    lane.url = result["url"]
    lane.head = result["head"]
    if lane.status is not WorkstreamStatus.PR_CREATED:
        set_lane_status(s, lane, WorkstreamStatus.PR_CREATED, result["url"])


def _lane_candidate(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    del s, intent
    same_tree = lane.candidate is not None and lane.candidate.get("tree") == result.get("tree")
    lane.candidate = _facts(result)
    if not same_tree:
        lane.verdicts = {}


def _lane_gate(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    if _program_started(s, intent, result, "gates"):
        lane.program = intent.data["key"]


def _lane_approved(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    del s, result
    lane.approved = dict(intent.data)
    lane.hold = None


def _lane_landed(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    del intent
    if result.get("moved"):
        lane.candidate = None
    elif result.get("head_moved"):
        # What was judged is not what the request proposes now: look at it anew.
        lane.candidate = None
        lane.approved = None
        lane.opened = False
    elif result.get("in_the_way"):
        lane.hold = Hold("in_the_way", result["in_the_way"])
        release_target(s, lane)
    elif result.get("rejected"):
        lane.hold = Hold("push", result["rejected"])
        release_target(s, lane)
    else:
        lane.landed = result["commit"]
        set_lane_status(s, lane, WorkstreamStatus.MERGED, result.get("note", ""))


def _lane_adopted(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    if result.get("refused"):
        lane.hold = Hold(intent.data["hold"], result["refused"])
        return
    lane.hold = None
    if result.get("nothing"):
        lane.repair = True
        lane.error = intent.data["text"] or intent.data["reason"]
        return
    lane.head = result["head"]
    lane.remarks = list(result.get("remarks", ()))
    lane.candidate = None
    lane.verdicts = {}
    lane.last_red = None
    lane.opened = False
    lane.approved = None
    release_target(s, lane)


def _lane_reopened(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    del result
    lane.error = ""
    lane.hold = None
    lane.repair = False
    lane.opened = False
    lane.published = False
    lane.approved = None
    lane.candidate = None
    lane.verdicts = {}
    drop_wanting(s, lane.id)
    release_target(s, lane)
    set_lane_status(s, lane, WorkstreamStatus(intent.data["status"]))
    for other in (s.lanes[name] for name in s.downstream[lane.id]):
        if other.hold is not None and other.hold.kind == "upstream":
            other.hold = None


def _lane_published(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    del s, intent
    lane.published = True
    lane.error = result.get("rejected", "")


def _lane_closed(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    del result
    fail_lane(s, lane, str(intent.data["reason"]))


def _lane_torn_down(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    del s, intent
    if result.get("stays"):
        lane.hold = Hold(IGNORED_FILES, result["stays"])
        return
    if lane.hold is not None and lane.hold.kind == IGNORED_FILES:
        lane.hold = None
    _tidied(lane)


def _tidied(lane: LaneState) -> None:
    """Note that a lane's worktree and branches are gone, or some of them."""
    lane.torn_down = True
    if lane.status is WorkstreamStatus.FAILED:
        # A retry provides it anew, from where it was.
        lane.base = None
        lane.epoch += 1


_TASK_RULES: dict[str, Callable[[Snapshot, TaskState, Event, Data], None]] = {
    K.ATTEMPT_START: _attempt_started,
    K.SETUP_START: _setup_started,
    K.TURN_START: _turn_started,
    K.TURN_KEEP: _turn_kept,
    K.TURN_COLLECT: _collected,
    K.GATE_START: _gate_started,
    K.TASK_OPEN: _task_opened,
    K.TASK_MERGE: _task_merged,
}

_LANE_RULES: dict[str, Callable[[Snapshot, LaneState, Event, Data], None]] = {
    K.LANE_PREPARE: _lane_prepared,
    K.LANE_OPEN: _lane_opened,
    K.LANE_CANDIDATE: _lane_candidate,
    K.LANE_APPROVE: _lane_approved,
    K.LANE_LAND: _lane_landed,
    K.LANE_ADOPT: _lane_adopted,
    K.LANE_REOPEN: _lane_reopened,
    K.LANE_PUBLISH: _lane_published,
    K.LANE_TEARDOWN: _lane_torn_down,
    K.LANE_CLOSE: _lane_closed,
    K.GATE_START: _lane_gate,
}
