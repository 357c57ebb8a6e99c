"""What is used up starts no further turn and asks a person; nothing that runs is ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.adapters.simulated_world import SimulatedRun
from tests.unit.engine.test_rules import Script, graph, starts
from tests.unit.engine.test_spending import collected

from agentrelay.engine.replay import replay
from agentrelay.graph.model import TaskGraph
from agentrelay.interfaces.views.needs import needs_you
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft
from agentrelay.task.core.task import Budget, Limits, TaskStatus

TURN = collected(cost={"usd": 3.0, "source": "reported"})
"""A turn for three dollars and 160 tokens; it takes ten seconds."""
TEN = {"ended": {"seconds": 10.0}}


def started(made: TaskGraph, *turns: Mapping[str, Any]) -> SimulatedRun:
    simulated = SimulatedRun(made, Script(turn__start=[TEN] * 9, turn__collect=[*turns]))
    simulated.start()
    return simulated


def of_run(**limits: Any) -> TaskGraph:
    """Return a graph of three tasks in two lanes, one after the other, with limits of the run."""
    made = graph(("a", "l", ()), ("b", "l", ("a",)), ("c", "m", ("b",)))
    return replace(made, limits=Budget(**limits))


def of_lane(**limits: Any) -> TaskGraph:
    made = of_run()
    lanes = tuple(replace(lane, limits=Budget(**limits)) for lane in made.lanes)
    return replace(made, lanes=lanes)


def asked(simulated: SimulatedRun) -> tuple[str, str, str]:
    (need,) = needs_you(simulated.snapshot)
    assert (need.kind, simulated.snapshot.waiting_code) == ("budget", 5)
    return need.id, need.reason, need.command


@pytest.mark.parametrize(
    ("limits", "reason", "value"),
    [
        ({"cost_usd": 2.5}, "has used $3.00 of $2.50", "cost_usd=5"),
        ({"tokens": 160}, "has used 160 tokens of 160 tokens", "tokens=320"),
        ({"time": 9.0}, "has used 10s of 9s", "time=18s"),
    ],
)
def test_what_is_used_up_asks_before_the_next_turn(
    limits: dict[str, Any], reason: str, value: str
) -> None:
    lane = asked(started(of_lane(**limits), TURN, TURN, TURN))
    assert lane == ("b", f"lane l {reason}", f"agentrelay limit g/l {value}")
    whole = asked(started(of_run(**limits), TURN, TURN, TURN))
    assert whole == ("b", f"the run {reason}", f"agentrelay limit graph:g {value}")


def test_another_limit_lets_it_go_on() -> None:
    simulated = started(of_run(cost_usd=4), TURN, TURN, TURN)
    assert asked(simulated)[0] == "c"
    assert simulated.request("limit", approval={"cost_usd": "5.5"}) == "limits: cost_usd $5.50"
    assert asked(simulated)[1] == "the run has used $6.00 of $5.50"
    simulated.request("limit", approval={"cost_usd": "none", "tokens": "1e6"})
    assert simulated.snapshot.finished == 0
    assert [task for task, _ in starts(simulated)] == ["a", "b", "c"]
    assert replay(simulated.graph, 1, simulated.events).difference is None


def test_a_limit_of_a_task_counts_all_its_turns_and_goes_on_in_the_session() -> None:
    made = graph(("a", "l", ()))
    spec = replace(made.tasks[0], limits=Limits(cost_usd=2.0))
    made = replace(made, tasks=(spec,))
    conflict = {**TURN, "conflict": "both", "session": "s1"}
    simulated = started(made, conflict, TURN)
    assert asked(simulated) == (
        "a",
        "task a has used $3.00 of $2.00",
        "agentrelay limit g/a cost_usd=4",
    )
    simulated.request("limit", task="a", approval={"cost_usd": "10"})
    assert simulated.snapshot.tasks["a"].status is TaskStatus.MERGED
    assert simulated.snapshot.tasks["a"].attempt == 1
    data = [data for _, data in starts(simulated)]
    # Each turn is told what is left.
    assert [each["cost_usd"] for each in data] == [2.0, 7.0]
    assert data[1]["session"] == "s1"


def test_a_turn_is_told_the_least_that_is_left_of_its_task_lane_and_run() -> None:
    made = replace(of_lane(cost_usd=8), limits=Budget(cost_usd=10))
    spec = replace(made.tasks[0], limits=Limits(cost_usd=4.0))
    made = replace(made, tasks=(spec, *made.tasks[1:]))
    simulated = started(made, TURN, TURN, TURN)
    assert [data["cost_usd"] for _, data in starts(simulated)] == [4.0, 5.0, 4.0]


def test_a_program_that_kept_to_what_its_lane_had_left_asks_for_the_lane() -> None:
    stopped = {**collected(cost={"usd": 1.5, "source": "reported"}), "result": "budget"}
    stopped["reason"] = "Reached maximum budget ($2)"
    simulated = started(of_lane(cost_usd=2), stopped)
    command = "agentrelay limit g/l cost_usd=4"
    assert asked(simulated) == ("a", "Reached maximum budget ($2)", command)


def test_a_program_that_kept_to_its_limit_asks_and_goes_on() -> None:
    made = graph(("a", "l", ()))
    made = replace(made, tasks=(replace(made.tasks[0], limits=Limits(cost_usd=2.0)),))
    stopped = {**TURN, "result": "budget", "reason": "Reached maximum budget ($2)"}
    simulated = started(made, stopped, TURN)
    assert asked(simulated)[1] == "Reached maximum budget ($2)"
    simulated.request("limit", task="a", approval={"cost_usd": "10"})
    assert simulated.snapshot.finished == 0
    assert simulated.snapshot.tasks["a"].attempt == 1


def test_resuming_without_another_limit_asks_again() -> None:
    simulated = started(of_run(cost_usd=2), TURN, TURN, TURN)
    simulated.send(Draft(ev.RUN_RESUMED, data={"mode": "full"}))
    simulated.carry_on()
    assert asked(simulated)[0] == "b"


@pytest.mark.parametrize(
    "given", [{}, {"cost_usd": "0"}, {"cost_usd": "nan"}, {"cost_usd": "x"}, {"beer": "3"}]
)
def test_what_is_no_limit_is_refused(given: dict[str, str]) -> None:
    simulated = started(of_run(cost_usd=2), TURN)
    assert "sets no limit" in simulated.request("limit", approval=given)
    assert simulated.snapshot.limits == {}


def test_what_is_used_up_while_others_wait_for_a_slot_holds_them_all() -> None:
    lanes = [(name, f"lane-{name}", ()) for name in "abc"]
    made = replace(graph(*lanes), limits=Budget(cost_usd=2))
    full = {"no_slot": True}
    simulated = SimulatedRun(made, Script(turn__start=[{}, full, full], turn__collect=[TURN]))
    simulated.start()
    simulated.send(Draft(ev.SLOT_FREE, data={"slot": "agents"}))
    simulated.carry_on()
    assert [need.id for need in needs_you(simulated.snapshot)] == ["b", "c"]
    assert simulated.snapshot.waiting_code == 5
    assert not any(simulated.snapshot.wanting.values())


def test_who_only_decides_something_else_does_not_answer_for_a_budget() -> None:
    simulated = started(of_run(cost_usd=2), TURN, TURN, TURN)
    simulated.send(Draft(ev.RUN_RESUMED, data={"mode": "requests"}))
    assert [need.kind for need in needs_you(simulated.snapshot)] == ["budget"]
    simulated.request("limit", approval={"cost_usd": "2.5"})
    assert asked(simulated)[1] == "the run has used $3.00 of $2.50"
    simulated.request("limit", approval={"cost_usd": "10"})
    assert list(needs_you(simulated.snapshot)) == []


def test_each_program_that_kept_to_its_limit_asks() -> None:
    little = {**collected(cost={"usd": 0.1, "source": "reported"}), "result": "budget"}
    simulated = started(of_run(cost_usd=2), TURN, {**little, "reason": "Reached maximum budget"})
    assert asked(simulated)[1] == "the run has used $3.00 of $2.00"
    simulated.request("limit", approval={"cost_usd": "100"})
    assert asked(simulated)[1] == "Reached maximum budget"


def test_a_retry_takes_nothing_away_from_a_task_that_waits_for_its_budget() -> None:
    stopped = {**TURN, "result": "budget", "reason": "Reached maximum budget", "session": "s1"}
    simulated = started(of_run(cost_usd=9), stopped, TURN)
    assert simulated.request("retry", task="a") == "task a goes on"
    assert [data.get("session") for _, data in starts(simulated)][:2] == [None, "s1"]
    assert simulated.snapshot.tasks["a"].attempt == 1
    simulated = started(of_run(cost_usd=2), TURN)
    assert simulated.request("retry", task="b", text="hurry") == (
        "the run has used $3.00 of $2.00: agentrelay limit sets another limit"
    )
