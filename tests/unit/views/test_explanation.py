"""An explanation goes from what was asked for down to what a person or an agent can do."""

from __future__ import annotations

from tests.adapters.simulated_world import Script, SimulatedRun
from tests.unit.graph.build import graph
from tests.unit.views.stored import stored
from tests.unit.views.test_waits import fails

from agentrelay.graph.model import TaskGraph
from agentrelay.interfaces.cli.explanation_text import explanation_lines
from agentrelay.interfaces.views.explanation import Explanation, explain_lane, explain_task
from agentrelay.interfaces.views.needs import needs_you
from agentrelay.interfaces.views.stored_run import StoredRun
from agentrelay.journal.event import RUN_STARTED, Draft

SHOP = graph("api: a b<a", "docs: c<b", "web: d<c")


def ran(made: TaskGraph, script: Script) -> StoredRun:
    run = SimulatedRun(made, script)
    run.start()
    return stored(run)


def chain(explanation: Explanation) -> list[str]:
    return [f"{cause.kind}:{cause.id}" for cause in explanation.chain]


def test_a_failure_far_below_is_found_with_its_attempts_and_the_command() -> None:
    found = explain_task(ran(SHOP, fails("a")), "d")
    assert chain(found) == ["task:d", "task:a"]
    assert [attempt.result for attempt in found.chain[1].attempts] == ["failed: it could not"] * 2
    assert found.commands == ("agentrelay logs g/a", "agentrelay retry g/a -m TEXT")


def test_a_lane_leads_by_its_task_to_the_person_who_is_waited_for() -> None:
    broken = {"code": "AR-X", "message": "the disk is full", "hint": ""}

    def script(intent: object) -> dict[str, str] | None:
        return broken if getattr(intent, "task", None) == "b" else None

    found = explain_lane(ran(SHOP, script), "web")
    assert chain(found) == ["lane:web", "task:d", "task:c", "task:b"]
    assert found.chain[-1].waits_for == "waits for a person: the disk is full"
    assert found.commands == ("agentrelay retry g/b",)


def test_what_failed_with_a_lane_leads_to_the_task_that_took_it_along() -> None:
    found = explain_lane(ran(SHOP, fails("a")), "docs")
    assert chain(found) == ["lane:docs", "task:a"]


def test_a_run_that_nobody_carries_on_is_to_be_resumed() -> None:
    found = explain_task(stored(SimulatedRun(SHOP), is_held=False), "d")
    assert found.commands == ("agentrelay resume g",)


def test_what_is_done_has_no_cause_and_no_command() -> None:
    found = explain_task(ran(graph("api: a"), lambda _: None), "a")
    assert chain(found) == ["task:a"]
    assert not found.commands
    assert found.chain[0].now.startswith("merged into its lane as ")


def test_a_chain_of_thousands_is_followed_to_its_end_and_shown_in_part() -> None:
    names = " ".join(["t0", *(f"t{n}<t{n - 1}" for n in range(1, 3000))])
    found = explain_task(stored(SimulatedRun(graph(f"api: {names}")), is_held=False), "t2999")
    assert len(found.chain) == 3000
    assert found.commands == ("agentrelay resume g",)
    lines = list(explanation_lines(found))
    assert len(lines) < 40
    assert any("2987 more in between" in line for line in lines)


def test_what_was_not_asked_for_is_said_with_what_goes_on_with_it() -> None:
    run = SimulatedRun(graph("api: b a c<b", "docs: d<a"))
    run.send(Draft(RUN_STARTED, data={"mode": "full", "only": ["a"]}))
    run.carry_on()
    found = explain_lane(stored(run, is_held=False), "docs")
    why = "was not asked for by --only: agentrelay resume g goes on with all"
    assert [cause.waits_for for cause in found.chain] == [f"task d {why}", why]
    assert found.commands == ("agentrelay resume g",)
    assert [cause.waits_for for cause in explain_task(stored(run), "c").chain] == [
        "waits for task b",
        why,
    ]
    assert [(need.kind, need.reason) for need in needs_you(run.snapshot)] == [
        ("only", "tasks b, c, d not asked for by --only")
    ]
