"""A lane's gates on a commit that is to become its target: which is next, which is red."""

from __future__ import annotations

from collections.abc import Iterator

from agentrelay.engine.effect import EffectKind, intent
from agentrelay.engine.snapshot import LaneState, Snapshot
from agentrelay.gates.gate import GateSpec
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft


def next_gate(lane: LaneState) -> GateSpec | None:
    """Return the first lane gate without a verdict on what is judged, or None."""
    return next((gate for gate in lane.lane.gates if gate.name not in lane.verdicts), None)


def red_gate(lane: LaneState) -> str | None:
    """Return the lane gate that is red on what is judged, or None."""
    return next((name for name, passed in lane.verdicts.items() if not passed), None)


def red_reason(lane: LaneState, name: str) -> str:
    """Return the sentence that says that a gate is red, and why."""
    return f'gate "{name}" is red: {(lane.last_red or {}).get("reason", "")}'


def start_gate(
    s: Snapshot, lane: LaneState, name: str, commit: str, *, served: bool
) -> Iterator[Draft]:
    """Start a gate on ``commit``, or queue for a slot; ``served`` is the first of that queue."""
    if s.wanting["gates"] and not served:
        if not any(entry[2] == lane.id for entry in s.wanting["gates"]):
            yield Draft(ev.SLOT_WANTED, lane.id, data={"slot": "gates"})
        return
    index = lane.gate_runs.get(name, 0) + 1
    data = {"gate": name, "index": index, "subject": "lane", "commit": commit}
    kind, round_ = EffectKind.GATE_START, f"{name}/{index}"
    yield intent(kind, s.run, lane.id, lane.epoch, round_=round_, data=data)
