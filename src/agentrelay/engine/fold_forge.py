"""What people did on a forge of others, as facts of the snapshot."""

from __future__ import annotations

from agentrelay.engine.snapshot import LaneState, Snapshot
from agentrelay.journal.event import Event
from agentrelay.workstream.core.runtime import WorkstreamStatus

MERGED, CLOSED = "merged", "closed"


def seen(s: Snapshot, event: Event) -> None:
    """Take over how change requests were ended there; what was merged is judged by nobody now."""
    s.moment = event.time
    s.waiting_code = None
    for name, facts in event.data["lanes"].items():
        lane = s.lanes[name]
        if not is_watched(lane):
            continue
        lane.seen = dict(facts)
        lane.hold = None
        if facts["status"] == MERGED:
            commit, judged = facts["commit"], (lane.candidate or {}).get("commit")
            lane.approved = {"by": facts["url"]}
            lane.candidate = {"already": True, "commit": commit, "head": lane.head}
            lane.candidate |= {"target_tip": commit, "merged_by": facts["url"], "judged": judged}


def is_watched(lane: LaneState) -> bool:
    """Tell whether a lane's change request is open, as far as is known, and left alone now."""
    is_open = lane.status is WorkstreamStatus.PR_CREATED and lane.opened
    return is_open and lane.in_flight is None and lane.seen is None
