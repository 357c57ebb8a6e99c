"""What the results of a lane's acts mean for the snapshot, one rule for each kind."""

from __future__ import annotations

from collections.abc import Callable

from agentrelay.engine import fold_reverts
from agentrelay.engine.bookkeeping import (
    drop_wanting,
    facts,
    fail_lane,
    program_started,
    release_target,
    set_lane_status,
)
from agentrelay.engine.effect import EffectKind
from agentrelay.engine.snapshot import Hold, LaneState, Snapshot
from agentrelay.journal.event import Data, Event
from agentrelay.workstream.core.runtime import WorkstreamStatus

K = EffectKind

IGNORED_FILES = "ignored_files"
"""Kind of the hold of a lane whose worktree stays; all that was wanted of it is done."""


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
    if result.get("diverged"):
        lane.hold = Hold("conflict", result["diverged"])
        release_target(s, lane)
        return
    lane.opened = True
    lane.seen = None
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
    lane.candidate = facts(result)
    if not same_tree:
        lane.verdicts = {}


def _lane_gate(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    if program_started(s, intent, result, "gates"):
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
        lane.landed_at = s.seq
        unjudged = [result["unjudged"]] if result.get("unjudged") else []
        lane.remarks += unjudged
        said = "; ".join([*unjudged, *filter(None, [result.get("note")])])
        set_lane_status(s, lane, WorkstreamStatus.MERGED, said)


def _lane_adopted(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    if result.get("refused"):
        lane.hold = Hold(intent.data["hold"], result["refused"])
        return
    lane.hold = None
    if result.get("nothing") and intent.data["hold"] == "approval":
        # What would land is made and judged anew.
        lane.candidate = lane.last_red = None
        lane.verdicts = {}
        return
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
    lane.seen = None
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
    tidied(lane)


def tidied(lane: LaneState) -> None:
    """Note that a lane's worktree and branches are gone, or some of them."""
    lane.torn_down = True
    if lane.status is WorkstreamStatus.FAILED:
        # A retry provides it anew, from where it was.
        lane.base = None
        lane.epoch += 1


RULES: dict[str, Callable[[Snapshot, LaneState, Event, Data], None]] = {
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
    K.REVERT_MAKE: fold_reverts.made,
    K.REVERT_LAND: fold_reverts.landed,
    K.GATE_START: _lane_gate,
}
"""What the result of an act means for its lane, by kind; a reset is about several."""
