"""What happened on a forge of others, as facts of the snapshot."""

from __future__ import annotations

from agentrelay.engine.snapshot import Facts, LaneState, Snapshot
from agentrelay.journal.event import Event
from agentrelay.workstream.core.runtime import WorkstreamStatus

MERGED, CLOSED, FREE = "merged", "closed", "free"
"""What can be seen of a change request there; free: what it lacked to be merged, it has."""

IN_THE_WAY = "in_the_way"
"""Kind of the hold of a lane that something of the user's, or the forge, keeps from landing."""


def seen(s: Snapshot, event: Event) -> None:
    """Take over how change requests were ended there; what was merged is judged by nobody now."""
    s.moment = event.time
    s.waiting_code = None
    for name, facts in event.data["lanes"].items():
        lane = s.lanes[name]
        if not is_about(lane, facts):
            continue
        if facts["status"] == FREE:
            _try_again(lane)
            continue
        lane.seen = dict(facts)
        lane.hold = None
        # What was pushed there, and kept it from being opened anew, has ended with it.
        lane.opened = True
        if facts["status"] == MERGED:
            commit, judged = facts["commit"], (lane.candidate or {}).get("commit")
            lane.approved = {"by": facts["url"]}
            lane.candidate = {"already": True, "commit": commit, "head": lane.head}
            lane.candidate |= {"target_tip": commit, "merged_by": facts["url"], "judged": judged}


def _try_again(lane: LaneState) -> None:
    if lane.hold is not None and lane.hold.kind == IN_THE_WAY:
        lane.hold = None


def is_about(lane: LaneState, facts: Facts) -> bool:
    """Tell whether what was seen is of the change request that a lane has now."""
    return is_watched(lane) and facts["url"] == lane.url


def is_watched(lane: LaneState) -> bool:
    """Tell whether a lane's change request is open, as far as is known, and left alone now."""
    is_open = lane.status is WorkstreamStatus.PR_CREATED and lane.number is not None
    return is_open and lane.in_flight is None and lane.seen is None
