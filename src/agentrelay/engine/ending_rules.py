"""What ends things on a person's word: cancel, close a change request, clean up."""

from __future__ import annotations

from collections.abc import Iterator

from agentrelay.engine.answers import granted, refused
from agentrelay.engine.effect import EffectKind, intent
from agentrelay.engine.reset_rules import is_busy
from agentrelay.engine.snapshot import LaneState, Snapshot
from agentrelay.journal import event as ev
from agentrelay.journal.event import Data, Draft, Event
from agentrelay.task.core.runtime import ENDED
from agentrelay.workstream.core.runtime import WorkstreamStatus

W = WorkstreamStatus


def cancel(s: Snapshot, request: Event) -> Iterator[Draft]:
    """End what is left of what is named: tasks, and lanes that only wait to land."""
    named = [request.task] if request.task else _tasks_of_request(s, request)
    open_ = [s.tasks[name] for name in named if s.tasks[name].status not in ENDED]
    lanes = [] if request.task else _waiting_to_land(s, request)
    if not open_ and not lanes:
        yield refused(request, "nothing that could be cancelled is left")
        return
    reason = request.data["text"] or f"cancelled by {request.data['by']}"
    for task in open_:
        data = {"reason": reason}
        yield Draft(ev.TASK_STOPPING, task.lane, task.id, task.attempt or None, data=data)
    for lane in lanes:
        yield _closing(s, lane, request, reason)
    names = [*(task.id for task in open_), *(f"lane {lane.id}" for lane in lanes)]
    yield granted(request, f"cancelled: {', '.join(names)}")


def _waiting_to_land(s: Snapshot, request: Event) -> list[LaneState]:
    """Return the lanes of a request of which all is done but the landing, and nothing runs now."""
    named = list(s.lanes) if request.workstream is None else [request.workstream]
    lanes = [s.lanes[name] for name in named]
    return [lane for lane in lanes if _waits_to_land(s, lane)]


def _waits_to_land(s: Snapshot, lane: LaneState) -> bool:
    is_done = all(s.tasks[task.id].status in ENDED for task in s.graph.tasks_of[lane.id])
    is_open = lane.status is W.PR_CREATED and lane.number is not None
    return is_open and is_done and not lane.program and not is_busy(s, lane)


def _tasks_of_request(s: Snapshot, request: Event) -> list[str]:
    if request.workstream is None:
        return list(s.tasks)
    return [task.id for task in s.graph.tasks_of[request.workstream]]


def close(s: Snapshot, request: Event) -> Iterator[Draft]:
    """Close a lane's change request without landing it."""
    lane = s.lanes[request.workstream or ""]
    if lane.number is None or lane.status is W.MERGED:
        yield refused(request, f"lane {lane.id} has no open change request")
        return
    if lane.status not in (W.PR_CREATED, W.FAILED) or lane.program:
        yield refused(request, f"lane {lane.id} is being worked on: cancel it first")
        return
    reason = request.data["text"] or f"its change request was closed by {request.data['by']}"
    yield _closing(s, lane, request, reason)
    yield granted(request, f"the change request of lane {lane.id} is closed")


def _closing(s: Snapshot, lane: LaneState, request: Event, reason: str) -> Draft:
    data = {"number": lane.number, "reason": reason, "by": request.data["by"]}
    data["time"] = request.time
    return _act(s, lane, EffectKind.LANE_CLOSE, data, request.seq)


def clean(s: Snapshot, request: Event) -> Iterator[Draft]:
    """Remove what is left of a lane that has ended; its work is pinned."""
    lane = s.lanes[request.workstream or ""]
    busy = lane.active is not None or lane.program
    if lane.status not in (W.FAILED, W.MERGED) or busy:
        yield refused(request, f"lane {lane.id} is {lane.status.value}: it is still in use")
    elif lane.torn_down or lane.base is None:
        yield granted(request, f"lane {lane.id} has nothing to clean")
    else:
        drops = request.data["approval"].get("ignored") == "drop"
        data = {"drops_ignored": True} if drops else {}
        yield _act(s, lane, EffectKind.LANE_TEARDOWN, data, request.seq)
        yield granted(request, f"lane {lane.id} is cleaned; its work is kept under keep refs")


def _act(s: Snapshot, lane: LaneState, kind: EffectKind, data: Data, round_: int) -> Draft:
    return intent(kind, s.run, lane.id, lane.epoch, round_=round_, data=data)
