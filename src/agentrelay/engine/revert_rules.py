"""How a landed lane is taken back out of its target: make the revert, judge it, land it, answer.

The lane stays merged: that it landed is true for ever, and so is that it was taken back. The
request stays open until that is done, or is known not to be possible, and nothing was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from agentrelay.engine.effect import EffectKind, intent
from agentrelay.engine.fold_reverts import ASKED
from agentrelay.engine.lane_gates import next_gate, red_gate, red_reason, start_gate
from agentrelay.engine.layout import integration_branch
from agentrelay.engine.snapshot import Facts, LaneState, Snapshot
from agentrelay.graph.naming import name_of_lane
from agentrelay.journal import event as ev
from agentrelay.journal.event import Data, Draft, Event
from agentrelay.workstream.core.runtime import WorkstreamStatus

VERB = "revert"
FIRST = "revert that first"


def why_not(s: Snapshot, lane: LaneState) -> str | None:
    """Return why what a lane landed can't be taken back, None where that can be tried."""
    if lane.status is not WorkstreamStatus.MERGED:
        name = name_of_lane(s.graph, lane.id)
        return (
            f"lane {lane.id} has not landed, it is {lane.status.value}: agentrelay reset {name} "
            f"takes its work back, agentrelay cancel {name} ends it"
        )
    if lane.reverted is not None:
        return f"lane {lane.id} is reverted already: {lane.reverted['commit'][:10]}"
    if lane.landed is None:
        return f"lane {lane.id} landed nothing: there is no merge to take back"
    parent = lane.lane.spec.parent_workstream_id
    if parent is not None and lane.target == integration_branch(s.graph.name, parent):
        return f"lane {lane.id} landed into lane {parent}, whose branch agents work on: revert that"
    return _by_order(s, lane)


def _by_order(s: Snapshot, lane: LaneState) -> str | None:
    """Return which lanes are to be reverted first, as the sentence that says why."""
    on_top = landed_on_top(s, lane)
    if len(on_top) == 1:
        return f"lane {on_top[0]} has landed on top of lane {lane.id}, which it needs: {FIRST}"
    names = ", ".join(on_top)
    plural = f"lanes {names} have landed on top of lane {lane.id}, which they need: {FIRST}"
    return plural if on_top else None


def landed_on_top(s: Snapshot, lane: LaneState) -> list[str]:
    """Return the lanes that depend on a lane, however far, and have landed and still stand."""
    found = _beyond(lane, lambda name: s.downstream[name])
    return sorted(name for name in found if stands(s.lanes[name]))


def lands_on_top(s: Snapshot, lane: LaneState) -> bool:
    """Tell whether a lane that depends on a lane, however far, lands just now."""
    keys = (s.lanes[name].in_flight for name in _beyond(lane, lambda name: s.downstream[name]))
    return any(key and s.in_flight[key].data["kind"] == EffectKind.LANE_LAND for key in keys)


def reverting_below(s: Snapshot, lane: LaneState) -> list[str]:
    """Return the lanes on which a lane depends, however far, that are being taken back now."""
    found = _beyond(lane, lambda name: s.lanes[name].upstream)
    return sorted(name for name in found if s.lanes[name].reverting is not None)


def _beyond(lane: LaneState, step: Callable[[str], Iterable[str]]) -> set[str]:
    """Return all lanes to which steps from a lane lead."""
    found: set[str] = set()
    frontier = list(step(lane.id))
    while frontier:
        name = frontier.pop()
        if name not in found:
            found.add(name)
            frontier.extend(step(name))
    return found


def stands(lane: LaneState) -> bool:
    """Tell whether a lane has landed something that was not taken back."""
    return lane.landed is not None and lane.reverted is None


def begin(s: Snapshot, request: Event) -> Iterator[Draft]:
    """Begin to take back what a lane landed, or say why not."""
    lane = s.lanes[request.workstream or ""]
    why = why_not(s, lane)
    if why is None and request.data["approval"]["landed"] != lane.landed:
        why = f"lane {lane.id} landed anew since it was shown; look at it again"
    if why is not None:
        yield _answer(lane.id, request.data["id"], why, granted=False)
        return
    by = {"request": request.data["id"], "by": request.data["by"], "time": request.time}
    yield _make(s, lane, {**by, "text": request.data["text"]})


def advance(s: Snapshot, lane: LaneState, doing: Facts, *, served: bool) -> Iterator[Draft]:
    """Give the next step of a revert under way, read off its facts."""
    if lane.reverted is not None:
        yield _answer(lane.id, doing["request"], _said(lane, lane.reverted), granted=True)
    elif "refused" in doing:
        yield _not_reverted(lane, doing, doing["refused"])
    elif "commit" not in doing:
        yield _make(s, lane, {name: doing[name] for name in ASKED})
    elif doing.get("already"):
        yield _land(s, lane, doing)
    elif (red := red_gate(lane)) is not None:
        yield _not_reverted(lane, doing, f"without it, {red_reason(lane, red)}")
    elif (gate := next_gate(lane)) is not None:
        yield from start_gate(s, lane, gate.name, doing["commit"], served=served)
    else:
        yield _land(s, lane, doing)


def _make(s: Snapshot, lane: LaneState, asked: Facts) -> Draft:
    data = {**asked, "landed": lane.landed}
    return _intent(s, lane, EffectKind.REVERT_MAKE, data)


def _land(s: Snapshot, lane: LaneState, doing: Facts) -> Draft:
    data = {**doing, "landed": lane.landed, "number": lane.number}
    return _intent(s, lane, EffectKind.REVERT_LAND, data)


def _intent(s: Snapshot, lane: LaneState, kind: EffectKind, data: Data) -> Draft:
    return intent(kind, s.run, lane.id, lane.epoch, round_=s.seq, data=data)


def _said(lane: LaneState, reverted: Facts) -> str:
    note = f"; {reverted['note']}" if reverted["note"] else ""
    return f"lane {lane.id} is reverted on {lane.target} as {reverted['commit'][:10]}{note}"


def _not_reverted(lane: LaneState, doing: Facts, why: str) -> Draft:
    text = f"lane {lane.id} is not reverted, nothing was changed: {why}"
    return _answer(lane.id, doing["request"], text, granted=False)


def _answer(lane: str, request: str, text: str, *, granted: bool) -> Draft:
    data = {"id": request, "verb": VERB, "granted": granted, "text": text}
    return Draft(ev.REQUEST_ANSWERED, lane, data=data)
