"""What a lane does next, read off its facts: provide it, run its tasks, open, judge, land, tidy."""

from __future__ import annotations

from collections.abc import Iterator

from agentrelay.engine import reset_rules, revert_rules, task_rules
from agentrelay.engine.effect import EffectKind, intent
from agentrelay.engine.fold_forge import CLOSED
from agentrelay.engine.lane_gates import next_gate, red_gate, red_reason, start_gate
from agentrelay.engine.pauses import keeps_lane
from agentrelay.engine.snapshot import Facts, LaneState, Snapshot
from agentrelay.journal import event as ev
from agentrelay.journal.event import Data, Draft
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

W = WorkstreamStatus

FREES_TARGET = frozenset(
    {
        EffectKind.LANE_OPEN,
        EffectKind.LANE_APPROVE,
        EffectKind.LANE_LAND,
        EffectKind.LANE_CANDIDATE,
        EffectKind.LANE_ADOPT,
        EffectKind.LANE_REOPEN,
        EffectKind.LANE_CLOSE,
        EffectKind.GATE_START,
    }
)
"""Effects whose end may let another lane land on the same target."""


def advance(s: Snapshot, lane: LaneState, *, served: bool = False) -> Iterator[Draft]:
    """Give the next commands of a lane, if there are some now.

    ``served`` says that the lane is the first of the queue for the gate slot that it wants.
    """
    if lane.in_flight or lane.program:
        return
    if lane.reverting is not None:
        yield from revert_rules.advance(s, lane, lane.reverting, served=served)
    elif not lane.hold and not keeps_lane(s, lane):
        yield from _go_on(s, lane, served=served)


def _go_on(s: Snapshot, lane: LaneState, *, served: bool) -> Iterator[Draft]:
    if lane.reset is not None:
        yield from reset_rules.carried_on(s, lane, lane.reset)
    elif lane.repair:
        yield from _repair(s, lane)
    elif lane.status is W.PENDING:
        yield from _prepare(s, lane)
    elif lane.status is W.ACTIVE:
        yield from _work(s, lane)
    elif lane.status in (W.MERGE_READY, W.PR_CREATED) and lane.unmerged:
        # A task was given another attempt, and taking the lane back failed at first.
        yield _intent(s, lane, EffectKind.LANE_REOPEN, {"status": W.ACTIVE.value}, round_=s.seq)
    elif lane.status in (W.MERGE_READY, W.PR_CREATED):
        yield from _integrate(s, lane, served=served)
    elif lane.status is W.FAILED and lane.movable:
        # Likewise, where it had failed: what is to be done in it can be done now.
        status = W.PENDING if lane.base is None else W.ACTIVE
        yield _intent(s, lane, EffectKind.LANE_REOPEN, {"status": status.value}, round_=s.seq)
    elif lane.status is W.MERGED and not lane.torn_down:
        again = s.seq if lane.reverted is not None else ""
        yield _intent(s, lane, EffectKind.LANE_TEARDOWN, round_=again)


def next_landing(s: Snapshot, target: str, but: str) -> Iterator[Draft]:
    """Let the next lane go on that lands on ``target``, which is free."""
    for name in s.lanes_of_target[target]:
        lane = s.lanes[name]
        if lane.status is W.PR_CREATED and name != but:
            yield from advance(s, lane)
            if target in s.landing:
                return


def unlanded_upstream(s: Snapshot, lane: LaneState) -> list[str]:
    """Return the lanes that must land before this one and have not."""
    return sorted(name for name in lane.upstream if s.lanes[name].status is not W.MERGED)


def reverted_upstream(s: Snapshot, lane: LaneState) -> list[str]:
    """Return the lanes on whose tasks this one depends and whose landing was taken back."""
    return sorted(name for name in lane.upstream if s.lanes[name].reverted is not None)


def concerns(s: Snapshot, lane: LaneState) -> list[str]:
    """Return what was remarked on the lane and its tasks; one keeps it from landing by itself."""
    said = [
        f"{task.id}: {text}"
        for task in s.graph.tasks_of[lane.id]
        for text in s.tasks[task.id].concerns
    ]
    left_out = (lane.candidate or {}).get("remark")
    return [*said, *lane.remarks, *([left_out] if left_out else [])]


def waivers(s: Snapshot, lane: LaneState) -> list[str]:
    """Return which gates of the lane's tasks a person let pass; that alone holds nothing up."""
    members = [s.tasks[task.id] for task in s.graph.tasks_of[lane.id]]
    return [f"{task.id}: {text}" for task in members for text in task.waivers]


def _prepare(s: Snapshot, lane: LaneState) -> Iterator[Draft]:
    if lane.unmerged == 0 or next_task(s, lane) is not None:
        # What an earlier run left under the lane's name goes, pinned, when a run starts over.
        fresh = lane.stale or (bool(s.settings.get("fresh")) and lane.head is None)
        data = {"start": lane.head, "fresh": fresh}
        yield _intent(s, lane, EffectKind.LANE_PREPARE, data, round_=s.seq)
    elif not lane.movable:
        yield _failed(s, lane)


def _work(s: Snapshot, lane: LaneState) -> Iterator[Draft]:
    if lane.active is not None:
        return
    if lane.unmerged == 0:
        yield Draft(ev.LANE_READY, lane.id)
    elif (name := next_task(s, lane)) is not None:
        yield task_rules.begin(s, s.tasks[name])
    elif not lane.movable:
        yield _failed(s, lane)


def next_task(s: Snapshot, lane: LaneState) -> str | None:
    """Return the task that the lane begins next, None where none can be begun now."""
    reserved = s.tasks.get(lane.reserved)
    if reserved is not None and reserved.taken and reserved.queued:
        return reserved.id
    if not lane.ready or not s.starts_agents:
        return None
    first = lane.ready[0][1]
    if s.only is None and not s.tasks[first].paused:
        return first
    return min((entry for entry in lane.ready if _is_let(s, entry[1])), default=(None, None))[1]


def _is_let(s: Snapshot, name: str) -> bool:
    """Tell whether people let a task begin: it is not paused, nor the run confined to others."""
    return (s.only is None or name in s.only) and not s.tasks[name].paused


def _failed(s: Snapshot, lane: LaneState) -> Draft:
    members = [s.tasks[task.id] for task in s.graph.tasks_of[lane.id]]
    ended = [t.id for t in members if t.status in (TaskStatus.FAILED, TaskStatus.CANCELLED)]
    if ended:
        reason = f"nothing in it can go on: {', '.join(ended)} failed or was cancelled"
    else:
        reason = "nothing in it can go on: it depends on a task that failed"
    return Draft(ev.LANE_FAILED, lane.id, data={"reason": reason})


def _repair(s: Snapshot, lane: LaneState) -> Iterator[Draft]:
    """Send the reason why a lane was kept to the agent of the task that was merged last."""
    data = {"kind": "person", "text": lane.error, "log": (lane.last_red or {}).get("log", "")}
    yield _intent(s, lane, EffectKind.LANE_REOPEN, {"status": W.ACTIVE.value}, round_=s.seq)
    if lane.last_merged is not None:
        yield Draft(ev.TASK_REOPENED, lane.id, lane.last_merged, data=data)


def _integrate(s: Snapshot, lane: LaneState, *, served: bool) -> Iterator[Draft]:
    upstream = unlanded_upstream(s, lane)
    if lane.seen is not None and lane.seen["status"] == CLOSED:
        yield _closed_there(s, lane, lane.seen)
    elif not lane.opened:
        if not any(_is_child(s, name, lane) for name in upstream):
            data = {"head": lane.head, "base": lane.base, "tasks": _summaries(s, lane)}
            yield _intent(s, lane, EffectKind.LANE_OPEN, data, round_=s.seq)
    elif not lane.published:
        yield _intent(s, lane, EffectKind.LANE_PUBLISH, round_=s.seq)
    elif lane.approved is None and (upstream or reverted_upstream(s, lane)):
        yield from _wait_for_upstream(s, lane, upstream)
    elif revert_rules.reverting_below(s, lane):
        return
    elif s.landing.get(lane.target, lane.id) == lane.id:
        yield from _land(s, lane, served=served)


def _closed_there(s: Snapshot, lane: LaneState, seen: Facts) -> Draft:
    """End a lane whose change request somebody closed on the forge: it is not wanted."""
    data = {"number": lane.number, "reason": f"{seen['url']} was closed"}
    data |= {"by": "", "time": s.moment}
    return _intent(s, lane, EffectKind.LANE_CLOSE, data, round_=s.seq)


def _summaries(s: Snapshot, lane: LaneState) -> list[Facts]:
    members = [s.tasks[task.id] for task in s.graph.tasks_of[lane.id]]
    return [
        {
            "id": task.id,
            "url": task.url,
            "summary": task.summary,
            "concerns": [*task.concerns, *task.waivers],
        }
        for task in members
    ]


def _wait_for_upstream(s: Snapshot, lane: LaneState, upstream: list[str]) -> Iterator[Draft]:
    failed = [name for name in upstream if s.lanes[name].status is W.FAILED]
    if failed:
        reason = f"lane {failed[0]}, on which it depends, failed"
        yield _held(lane, "upstream", reason)
    elif not upstream:
        reason = f"lane {reverted_upstream(s, lane)[0]}, on which it depends, was reverted"
        yield _held(lane, "upstream", reason)


def _land(s: Snapshot, lane: LaneState, *, served: bool) -> Iterator[Draft]:
    candidate = lane.candidate
    if candidate is None:
        data = {"head": lane.head}
        yield _intent(s, lane, EffectKind.LANE_CANDIDATE, data, round_=s.seq)
    elif candidate.get("already"):
        yield _intent(
            s, lane, EffectKind.LANE_LAND, {"number": lane.number, **candidate}, round_=s.seq
        )
    elif candidate.get("conflict"):
        yield _held(lane, "conflict", f"conflict: {candidate['conflict']}")
    elif (red := red_gate(lane)) is not None:
        yield _held(lane, "red_gate", red_reason(lane, red))
    elif (gate := next_gate(lane)) is not None:
        yield from start_gate(s, lane, gate.name, candidate["commit"], served=served)
    elif lane.approved is None and (why := _needs_person(s, lane)):
        yield _held(lane, "approval", why)
    else:
        data = {"number": lane.number, **candidate}
        yield _intent(s, lane, EffectKind.LANE_LAND, data, round_=s.seq)


def _needs_person(s: Snapshot, lane: LaneState) -> str:
    if not lane.lane.auto_merge:
        return f"approve lane {lane.id}"
    remarks = concerns(s, lane)
    return f"approve lane {lane.id}, it has a concern ({remarks[0]})" if remarks else ""


def _is_child(s: Snapshot, name: str, lane: LaneState) -> bool:
    return s.graph.lane_by_id[name].spec.parent_workstream_id == lane.id


def _held(lane: LaneState, kind: str, reason: str) -> Draft:
    return Draft(ev.LANE_HELD, lane.id, data={"kind": kind, "reason": reason})


def _intent(
    s: Snapshot,
    lane: LaneState,
    kind: EffectKind,
    data: Data | None = None,
    *,
    round_: int | str = "",
) -> Draft:
    return intent(kind, s.run, lane.id, lane.epoch, round_=round_, data=data)
