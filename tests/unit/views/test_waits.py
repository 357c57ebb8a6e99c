"""Whatever does not move has a reason, in every state that a simulated run passes through."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.adapters.simulated_world import Script, SimulatedRun
from tests.unit.graph.build import graph

from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.snapshot import LaneState, Snapshot, TaskState
from agentrelay.interfaces.views.needs import needs_you
from agentrelay.interfaces.views.waits import RESUME, lane_wait, task_wait
from agentrelay.journal.event import Event
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

SHOP = graph("api: a b<a c<b", "docs: d<a e", "web: f<d,e g<f")


def is_task_in_motion(s: Snapshot, task: TaskState) -> bool:
    lane = s.lanes[task.lane]
    return bool(
        task.in_flight or task.program or lane.in_flight or task.status is TaskStatus.MERGED
    )


def is_lane_in_motion(s: Snapshot, lane: LaneState) -> bool:
    members = [s.tasks[task.id] for task in s.graph.tasks_of[lane.id]]
    moving = any(task.commit is None and is_task_in_motion(s, task) for task in members)
    landed = lane.status is WorkstreamStatus.MERGED
    return bool(lane.in_flight or lane.program or landed or moving)


class WatchedRun(SimulatedRun):
    """A simulated run in which each step is looked at."""

    def send(self, draft: Any) -> None:
        super().send(draft)
        self.look()

    def look(self) -> None:
        s = self.snapshot
        for task in s.tasks.values():
            wait = task_wait(s, task, moves=True)
            assert wait or is_task_in_motion(s, task), (task, s.seq)
            assert task_wait(s, task, moves=False) or task.program or task.commit, task
        for lane in s.lanes.values():
            wait = lane_wait(s, lane, moves=True)
            assert wait or is_lane_in_motion(s, lane), (lane, s.seq)


FAULTS = st.dictionaries(
    st.tuples(st.sampled_from("abcdefg"), st.integers(1, 3)),
    st.sampled_from(["fails", "red", "error", "concern", "no_slot"]),
    max_size=6,
)
LANE_FAULTS = st.dictionaries(
    st.tuples(st.sampled_from(["api", "docs", "web"]), st.sampled_from(list(K))),
    st.just("error"),
    max_size=2,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(FAULTS, LANE_FAULTS, st.booleans())
def test_every_rest_has_a_reason(
    faults: dict[tuple[str, int], str],
    lane_faults: dict[tuple[str, K], str],
    retries: bool,  # noqa: FBT001 - given by hypothesis
) -> None:
    refused: set[str] = set()

    def script(intent: Event) -> dict[str, Any] | None:
        kind = K(intent.data["kind"])
        if intent.task is None:
            fault = lane_faults.get((intent.workstream or "", kind))
            return {"code": "AR-X", "message": "broke", "hint": ""} if fault else None
        fault = faults.get((intent.task, intent.attempt or 1))
        if fault == "error" and kind is K.ATTEMPT_START:
            return {"code": "AR-X", "message": "broke", "hint": ""}
        if fault == "fails" and kind is K.TURN_COLLECT:
            return {"result": "failed", "reason": "it could not"}
        if fault == "no_slot" and kind is K.TURN_START and intent.data["key"] not in refused:
            refused.add(intent.data["key"])
            return {"no_slot": True}
        return None

    run = WatchedRun(SHOP, script)
    run.start()
    s = run.snapshot
    if s.waiting_code is not None:
        assert [need for need in needs_you(s) if need.kind != "failed"]
    if retries:
        for lane in list(s.lanes):
            if s.lanes[lane].hold is not None and s.lanes[lane].hold.kind != "approval":
                run.request("retry", lane=lane)
        run.request("cancel", task="c")
        run.look()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a", "failed: it could not"),
        ("b", "its dependency a did not get done"),
        ("g", "its dependency a did"),
    ],
)
def test_a_failure_is_named_far_downstream(name: str, words: str) -> None:
    run = WatchedRun(SHOP, fails("a"))
    run.start()
    assert words in (task_wait(run.snapshot, run.snapshot.tasks[name], moves=True) or "")


def test_a_lane_that_is_to_be_approved_says_so_with_the_command() -> None:
    run = WatchedRun(graph("api: a", "docs: d<a"))
    run.start()
    s = run.snapshot
    assert lane_wait(s, s.lanes["api"], moves=False) == "waits for a person: approve lane api"
    assert lane_wait(s, s.lanes["docs"], moves=True) == "waits for lane api to land"
    assert [(n.kind, n.id, n.command) for n in needs_you(s)] == [
        ("approval", "api", "agentrelay approve g/api")
    ]


def test_a_name_that_is_a_task_too_is_spelt_out() -> None:
    run = WatchedRun(graph("a: a"))
    run.start()
    assert [need.command for need in needs_you(run.snapshot)] == ["agentrelay approve lane:g/a"]


def test_a_back_off_names_the_time() -> None:
    waits: list[str | None] = []

    class Watching(WatchedRun):
        def look(self) -> None:
            super().look()
            waits.append(task_wait(self.snapshot, self.snapshot.tasks["a"], moves=True))

    Watching(graph("api: a"), fails("a")).start()
    assert "tries again at 08:00:05 UTC: it could not" in waits


def test_a_target_takes_one_lane_at_a_time() -> None:
    run = SimulatedRun(graph("api: a", "docs: b"))
    run.start()
    s = run.snapshot
    s.lanes["docs"].hold = None
    s.landing["main"] = "api"
    assert lane_wait(s, s.lanes["docs"], moves=True) == "waits for lane api to land on main"


def test_nobody_carries_it_on() -> None:
    run = SimulatedRun(graph("api: a b<a"))
    s = run.snapshot
    assert task_wait(s, s.tasks["a"], moves=False) == RESUME
    assert lane_wait(s, s.lanes["api"], moves=False) == RESUME
    assert task_wait(s, s.tasks["b"], moves=False) == "waits for task a"


def fails(task: str) -> Script:
    def script(intent: Event) -> dict[str, Any] | None:
        if intent.task == task and K(intent.data["kind"]) is K.TURN_COLLECT:
            return {"result": "failed", "reason": "it could not"}
        return None

    return script
