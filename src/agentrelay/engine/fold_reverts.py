"""What the effects of a revert mean for the snapshot of the lane that is taken back."""

from __future__ import annotations

from agentrelay.engine.snapshot import Facts, LaneState, Snapshot
from agentrelay.journal.event import Data, Event

ASKED = ("request", "by", "time", "text")
"""What is known of a revert as soon as it is asked for."""

MADE = ("commit", "tree", "target_tip", "already")


def announced(lane: LaneState, intent: Event) -> None:
    """Note who wants the lane taken back; what was judged before was something else."""
    if lane.reverting is None:
        lane.reverting = {name: intent.data[name] for name in ASKED}
        lane.verdicts = {}
        lane.last_red = None


def made(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    """Note the revert that was made, or why none could be."""
    del s, intent
    if "refused" in result:
        refuse(lane, result["refused"])
        return
    doing = lane.reverting or {}
    if doing.get("tree") != result.get("tree"):
        lane.verdicts = {}
    lane.reverting = _asked(doing) | {name: result[name] for name in MADE if name in result}
    if result.get("worktree"):
        lane.worktree = result["worktree"]
        lane.torn_down = False


def landed(s: Snapshot, lane: LaneState, intent: Event, result: Data) -> None:
    """Note that the lane is taken back; where the target had moved, that it is to be made anew."""
    doing = lane.reverting or {}
    if "refused" in result:
        refuse(lane, result["refused"])
    elif "moved" in result:
        lane.reverting = _asked(doing) | {"tree": doing.get("tree")}
    else:
        facts = {name: result[name] for name in ("commit", "number", "url", "note")}
        lane.reverted = {"by": intent.data["by"], "time": intent.data["time"], **facts}
        for name in s.downstream[lane.id]:
            _ask_anew(s.lanes[name])


def _ask_anew(lane: LaneState) -> None:
    """Have a lane ask again before it lands: when it asked, what it depends on was there."""
    lane.approved = None
    if lane.hold is not None and lane.hold.kind == "approval":
        lane.hold = None


def refuse(lane: LaneState, why: str) -> None:
    """Note why the revert under way can't be."""
    lane.reverting = {**(lane.reverting or {}), "refused": why}


def _asked(doing: Facts) -> Facts:
    return {name: doing[name] for name in ASKED}
