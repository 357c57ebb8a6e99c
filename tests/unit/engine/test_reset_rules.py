"""What a reset takes back, and when it is refused: decisions alone, in small simulated runs."""

from __future__ import annotations

import pytest
from tests.adapters.simulated_world import SimulatedRun
from tests.unit.engine.test_rules import GATE, graph, run
from tests.unit.engine.test_spending import collected

from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.reset_rules import what_goes
from agentrelay.graph.model import TaskGraph
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event

CHAIN = (("a", "l", ()), ("b", "l", ("a",)), ("c", "l", ()), ("x", "m", ()), ("y", "m", ("x", "b")))
WAITS = graph(*CHAIN, auto_merge=False)
MADE = collected()
RESUME = Draft(ev.RUN_RESUMED, data={"mode": "full"})


def statuses(simulated: SimulatedRun) -> dict[str, str]:
    s = simulated.snapshot
    return {each.id: each.status.value for each in (*s.lanes.values(), *s.tasks.values())}


def going(simulated: SimulatedRun, *, task: str | None = None, lane: str | None = None) -> str:
    return what_goes(simulated.snapshot, task, lane).names


def resets(simulated: SimulatedRun) -> list[Event]:
    intents = [e for e in simulated.events if e.type == ev.EFFECT_INTENT]
    return [event for event in intents if event.data["kind"] == K.LANE_RESET]


def test_with_a_task_goes_what_was_merged_later_and_what_depends_on_that() -> None:
    simulated = run(WAITS)
    assert [name for name, _ in simulated.snapshot.lanes["l"].merges] == ["a", "b", "c"]
    assert going(simulated, task="c") == "c lane:l"
    assert going(simulated, task="b") == "b c y lane:l lane:m"
    assert going(simulated, task="a") == "a b c y lane:l lane:m"
    assert going(simulated, lane="m") == "x y lane:m"


def test_what_went_is_run_again_and_the_rest_is_not() -> None:
    simulated = run(WAITS)
    before = simulated.snapshot.lanes["l"].merges[1][1]
    assert simulated.request("reset", task="b").startswith("task b is reset")
    assert len(resets(simulated)) == 1
    assert resets(simulated)[0].data["lanes"][0]["to"] == before
    s = simulated.snapshot
    attempts = " ".join(f"{task.id}{task.attempt}" for task in s.tasks.values())
    assert attempts == "a1 b2 c2 x1 y2"
    assert statuses(simulated)["b"] == "merged"
    assert {lane.hold.kind for lane in s.lanes.values() if lane.hold} == {"approval"}


def test_a_lane_that_goes_whole_is_prepared_anew_from_its_target() -> None:
    simulated = run(WAITS)
    simulated.request("reset", lane="l")
    prepared = [e for e in simulated.events if e.data.get("kind") == K.LANE_PREPARE]
    last = [e for e in prepared if e.type == ev.EFFECT_INTENT and e.workstream == "l"][-1]
    assert last.data["key"].startswith("lane.prepare/1/l/2/")
    assert last.data["start"] is None


def test_a_failed_task_begins_with_all_its_attempts_and_revives_the_lanes_that_wait() -> None:
    fails = {"result": "failed", "reason": "said so"}
    made = graph(("a", "l", ()), ("b", "m", ("a",)), auto_merge=False)
    simulated = run(made, turn__collect=[fails])
    assert statuses(simulated) == {"l": "failed", "m": "failed", "a": "failed", "b": "pending"}
    simulated.request("reset", task="a")
    assert statuses(simulated)["a"] == "merged"
    assert statuses(simulated)["b"] == "merged"
    assert simulated.snapshot.waiting_code == 5


@pytest.mark.parametrize(
    ("made", "named", "answer"),
    [
        (graph(*CHAIN), {"task": "b"}, "lane l has landed: agentrelay revert g/l takes a landing"),
        (graph(*CHAIN), {"lane": "l"}, "lane l has landed: agentrelay revert g/l takes a landing"),
        (WAITS, {}, "reset names no task or lane"),
        (WAITS, {"task": "zz"}, "there is no task zz"),
        (WAITS, {"task": "b", "approval": {"goes": "b"}}, "what goes has changed since it was sho"),
    ],
)
def test_what_can_not_go_is_refused_in_words(
    made: TaskGraph, named: dict[str, str], answer: str
) -> None:
    simulated = run(made)
    assert simulated.request("reset", **named).startswith(answer)
    assert resets(simulated) == []


@pytest.mark.parametrize("named", [{"task": "a"}, {"lane": "l"}])
def test_what_is_worked_at_is_to_be_cancelled_first(named: dict[str, str]) -> None:
    simulated = SimulatedRun(graph(("a", "l", ())), lambda _: None)
    simulated.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
    while not simulated.snapshot.programs:
        simulated.send(simulated._inputs.popleft())
    wanted = "task a is being worked at: agentrelay cancel g/a first"
    assert simulated.request("reset", **named) == wanted


def test_a_lane_whose_gate_runs_is_waited_for() -> None:
    simulated = SimulatedRun(graph(("a", "l", ()), gates=(GATE,)), lambda _: None)
    simulated.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
    while not simulated.snapshot.lanes["l"].program:
        simulated.send(simulated._inputs.popleft())
    assert simulated.request("reset", lane="l") == (
        "a gate of lane l runs now: reset it when that has ended"
    )


def test_what_is_in_the_way_is_the_answer_and_nothing_has_changed() -> None:
    simulated = run(WAITS, lane__reset=[{"refused": "it is checked out"}])
    before = statuses(simulated)
    answer = simulated.request("reset", task="b")
    assert answer == "task b is not reset: it is checked out"
    assert statuses(simulated) == before
    assert simulated.snapshot.lanes["l"].reset is None


def test_a_reset_that_failed_is_tried_again_before_anything_else_goes_on() -> None:
    simulated = run(WAITS, lane__reset=[{"message": "disk full"}])
    answer = simulated.request("reset", task="b")
    assert answer == "task b is not reset: disk full; agentrelay resume g tries it again"
    holds = [lane.hold.reason for lane in simulated.snapshot.lanes.values() if lane.hold]
    assert holds == ["it is not taken back: disk full"] * 2
    assert simulated.request("reset", task="a") == (
        "an earlier reset of lane l is not finished: agentrelay resume g tries it again"
    )
    simulated.send(RESUME)
    simulated.carry_on()
    first, second = resets(simulated)
    assert first.data["asked"] == second.data["asked"]
    assert simulated.snapshot.tasks["b"].attempt == 2


def test_a_reset_that_failed_leaves_no_wait_behind_once_it_is_through() -> None:
    asks = {"result": "budget", "reason": "Reached maximum budget"}
    made = graph(("a", "l", ()), ("b", "l", ("a",)), ("x", "m", ("b",)), auto_merge=False)
    simulated = run(made, turn__collect=[MADE, asks], lane__reset=[{"message": "disk full"}])
    simulated.request("reset", task="a")
    lanes = simulated.snapshot.lanes
    assert lanes["m"].hold is not None
    simulated.request("retry", lane="l")
    assert {lane.status.value for lane in lanes.values()} == {"pr_created"}
    assert simulated.snapshot.tasks["x"].status.value == "merged"


def test_what_is_cancelled_before_a_reset_is_through_is_not_begun_again() -> None:
    asks = {"result": "budget", "reason": "Reached maximum budget"}
    made = graph(("a", "l", ()), ("b", "l", ("a",)), ("x", "m", ("b",)), auto_merge=False)
    simulated = run(made, turn__collect=[MADE, asks], lane__reset=[{"message": "disk full"}])
    simulated.request("reset", task="a")
    assert simulated.request("cancel") == "cancelled: b, x"
    simulated.send(RESUME)
    simulated.carry_on()
    attempts = " ".join(f"{t.id}{t.attempt}" for t in simulated.snapshot.tasks.values())
    assert attempts == "a2 b1 x0"
    assert statuses(simulated)["b"] == statuses(simulated)["x"] == "cancelled"
