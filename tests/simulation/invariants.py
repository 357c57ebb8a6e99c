"""What must be true of every run, whatever went wrong in it."""

from __future__ import annotations

from collections import Counter

from tests.adapters.faulty_world import FaultyRun

from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.replay import replay
from agentrelay.engine.snapshot import LaneState, Snapshot
from agentrelay.graph.model import TaskGraph
from agentrelay.journal import event as ev
from agentrelay.journal.event import Event, decode, encode
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus as W

LANDING = frozenset({K.LANE_CANDIDATE.value, K.LANE_LAND.value})
LANE_OVER = frozenset({W.MERGED, W.FAILED})


class Watch:
    """Looks at each event of a run as it is recorded, and remembers what later ones must fit."""

    def __init__(self) -> None:
        self.flying: set[str] = set()
        self.turns: Counter[str] = Counter()
        self.merges: Counter[str] = Counter()
        self.reopened: Counter[str] = Counter()
        self.intents: dict[str, Event] = {}

    def __call__(self, run: FaultyRun, event: Event) -> None:
        s = run.snapshot
        if event.type == ev.EFFECT_INTENT:
            self._announced(s, event)
        elif event.type in (ev.EFFECT_DONE, ev.EFFECT_FAILED):
            self._concluded(s, event)
        elif event.type == ev.TASK_REOPENED:
            self.reopened[event.task or ""] += 1
        _one_lane_lands(s)

    def _announced(self, s: Snapshot, event: Event) -> None:
        key = event.data["key"]
        assert key not in self.flying, f"{key} is announced twice"
        self.flying.add(key)
        self.intents[key] = event
        assert key not in s.programs, f"{key} is started beside itself"
        others = [
            other
            for other, intent in s.in_flight.items()
            if other != key and (intent.workstream, intent.task) == (event.workstream, event.task)
        ]
        assert not others, f"{key} is announced beside {others}"

    def _concluded(self, s: Snapshot, event: Event) -> None:
        self.flying.discard(event.data["key"])
        if event.type == ev.EFFECT_FAILED:
            return
        kind, key = event.data["kind"], event.data["key"]
        if kind == K.TURN_START and not event.data.get("no_slot"):
            self.turns[key] += 1
            assert self.turns[key] == 1, f"{key} was started twice"
        if kind == K.TASK_MERGE and event.data.get("commit"):
            self.merges[event.task or ""] += 1
            assert self.merges[event.task or ""] <= 1 + self.reopened[event.task or ""]
        if kind == K.LANE_LAND and event.data.get("commit"):
            _lands_in_order(s, event)


def _one_lane_lands(s: Snapshot) -> None:
    holders: dict[str, str] = {}
    for lane in s.lanes.values():
        intent = s.in_flight.get(lane.in_flight or "")
        judged = lane.program is not None
        if judged or (intent is not None and intent.data["kind"] in LANDING):
            assert s.landing.get(lane.target) == lane.id, f"{lane.id} lands without the token"
            assert holders.setdefault(lane.target, lane.id) == lane.id


def _lands_in_order(s: Snapshot, event: Event) -> None:
    lane = s.lanes[event.workstream or ""]
    for name in lane.upstream:
        is_first = s.lanes[name].status is W.MERGED or lane.approved is not None
        assert is_first, f"{lane.id} landed before {name}"
    assert lane.unmerged == 0, f"{lane.id} landed with work to be done"


def assert_rest_is_explained(s: Snapshot) -> None:
    """Each lane and task that is not at its end waits for something that has a name."""
    assert s.finished is not None or s.waiting_code is not None or not s.starts_agents
    assert not s.requests, "a request was never answered"
    for lane in s.lanes.values():
        assert lane.status in LANE_OVER or _why(s, lane), (
            f"lane {lane.id} is {lane.status.value} and waits for nothing: {lane}"
        )


def _why(s: Snapshot, lane: LaneState) -> str:
    if lane.hold is not None:
        return lane.hold.reason
    if lane.status in (W.PENDING, W.ACTIVE):
        if not s.starts_agents:
            return "no agents are started now"
        return _why_tasks(s, lane)
    return ", ".join(name for name in lane.upstream if s.lanes[name].status is not W.MERGED)


def _why_tasks(s: Snapshot, lane: LaneState) -> str:
    active = s.tasks.get(lane.active or "")
    if active is not None:
        return active.hold.reason if active.hold else ""
    for spec in s.graph.tasks_of[lane.id]:
        task = s.tasks[spec.id]
        if task.status is TaskStatus.PENDING and not task.missing and not task.doomed:
            return ""
    waiting = [t.id for t in s.graph.tasks_of[lane.id] if s.tasks[t.id].missing]
    return f"{waiting} wait for others" if waiting else ""


def assert_journal_replays(graph: TaskGraph, events: list[Event], live: Snapshot) -> None:
    """The journal's inputs give its outputs again, and its events the snapshot as it is."""
    found = replay(graph, 1, [decode(encode(event)) for event in events])
    assert found.difference is None
    assert not found.standstills
    assert found.snapshot == live
