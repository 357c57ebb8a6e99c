"""Pauses: nothing new begins in what is paused, what runs ends, and all else goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.adapters.simulated_world import SimulatedRun
from tests.unit.graph.build import graph
from tests.unit.views.stored import stored

from agentrelay.engine.effect import EffectKind as K
from agentrelay.gates.gate import GateSpec
from agentrelay.graph.model import TaskGraph
from agentrelay.interfaces.views.explanation import explain_task
from agentrelay.interfaces.views.needs import needs_you
from agentrelay.interfaces.views.waits import lane_wait, task_wait
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus as W

TWO = graph("api: a b<a", "docs: c")
PAUSED_API = "paused by ann: agentrelay unpause g/api"


def landing(*drawings: str) -> TaskGraph:
    """Return a graph whose lanes land by themselves and whose tasks have a gate."""
    drawn = graph(*drawings)
    gate = GateSpec("unit", "true")
    lanes = tuple(replace(lane, auto_merge=True) for lane in drawn.lanes)
    return replace(drawn, lanes=lanes, tasks=tuple(replace(t, gates=(gate,)) for t in drawn.tasks))


class PausedAt(SimulatedRun):
    """A run in which somebody pauses something as soon as an effect is announced."""

    def __init__(self, made: TaskGraph, kind: K, **named: str) -> None:
        super().__init__(made, self._asked)
        self._kind, self._named = kind, named
        self._is_asked = False

    def _asked(self, intent: Event) -> Mapping[str, Any] | None:
        is_named = self._named.get("lane") in (None, intent.workstream)
        if intent.data["kind"] == self._kind and is_named and not self._is_asked:
            self._is_asked = True
            data = {"id": "r", "verb": "pause", "by": "ann", "text": "", "approval": {}}
            draft = Draft(ev.REQUEST_RECEIVED, self._named.get("lane"), data=data)
            self._inputs.append(draft)
        return None


def begun(made: TaskGraph) -> SimulatedRun:
    """Return a run whose lanes are being provided."""
    run = SimulatedRun(made)
    run.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
    return run


def after(run: SimulatedRun, name: str) -> list[str]:
    """Return the kinds of effects of a lane or task that were announced since the pause."""
    first = next(e.seq for e in run.events if e.type == ev.WORK_PAUSED)
    intents = [e for e in run.events[first:] if e.type == ev.EFFECT_INTENT]
    return [e.data["kind"] for e in intents if name in (e.task, e.workstream)]


def test_a_turn_that_runs_ends_and_is_collected_and_no_gate_begins() -> None:
    run = PausedAt(landing("api: a b<a", "docs: c"), K.TURN_START, lane="api")
    run.start()
    assert after(run, "api") == [K.TURN_COLLECT]
    assert run.snapshot.lanes["docs"].status is W.MERGED
    assert run.snapshot.waiting_code == 5
    a = run.snapshot.tasks["a"]
    assert task_wait(run.snapshot, a, moves=True) == PAUSED_API
    api = run.snapshot.lanes["api"]
    assert lane_wait(run.snapshot, api, moves=False) == f"task a is {PAUSED_API}"
    assert run.request("unpause", lane="api") == "lane api may go on"
    assert run.snapshot.finished == 0


def test_a_paused_graph_begins_nothing_and_says_who_paused_it() -> None:
    run = PausedAt(TWO, K.LANE_PREPARE)
    run.start()
    assert all(task.attempt == 0 for task in run.snapshot.tasks.values())
    needs = [(need.kind, need.id, need.command) for need in needs_you(run.snapshot)]
    assert needs == [("paused", "g", "agentrelay unpause graph:g")]
    run.send(Draft(ev.RUN_RESUMED, data={"mode": "full"}))
    run.carry_on()
    assert run.snapshot.waiting_code == 5
    found = explain_task(stored(run), "b")
    assert [cause.id for cause in found.chain] == ["b", "a"]
    assert found.commands == ("agentrelay unpause graph:g",)


def test_a_paused_task_lets_another_of_its_lane_go_first() -> None:
    run = begun(graph("api: a b"))
    run.request("pause", task="a")
    statuses = {task.id: task.status for task in run.snapshot.tasks.values()}
    assert statuses == {"a": TaskStatus.PENDING, "b": TaskStatus.MERGED}
    run.request("unpause", task="a")
    assert run.snapshot.tasks["a"].status is TaskStatus.MERGED


def test_a_paused_lane_keeps_no_other_from_landing() -> None:
    run = PausedAt(landing("api: a", "docs: c"), K.LANE_CANDIDATE, lane="api")
    run.start()
    assert run.snapshot.lanes["docs"].status is W.MERGED
    api = run.snapshot.lanes["api"]
    assert api.status is W.PR_CREATED
    assert lane_wait(run.snapshot, api, moves=True) == PAUSED_API
    run.request("unpause", lane="api")
    assert run.snapshot.finished == 0


def test_what_waits_for_a_slot_leaves_the_queue_while_it_is_paused() -> None:
    run = SimulatedRun(TWO)
    run.script = lambda e: (
        {"no_slot": True} if e.data["kind"] == K.TURN_START and not run.snapshot.paused else None
    )
    run.start()
    assert run.snapshot.wanting["agents"]
    run.request("pause")
    assert not run.snapshot.wanting["agents"]
    run.script = lambda _intent: None
    run.request("unpause")
    assert all(task.status is TaskStatus.MERGED for task in run.snapshot.tasks.values())


def test_what_is_paused_can_be_cancelled() -> None:
    run = PausedAt(TWO, K.LANE_PREPARE)
    run.start()
    run.request("cancel")
    assert run.snapshot.finished == 1


@pytest.mark.parametrize(
    ("paused", "verb", "named", "answer"),
    [
        ({}, "pause", {}, "graph g is paused already, by ann"),
        ({}, "pause", {"lane": "api"}, "lane api is paused already: graph g is, by ann"),
        ({"lane": "api"}, "unpause", {}, "graph g is not paused, but lane api is"),
        (
            {"lane": "api"},
            "unpause",
            {"task": "a"},
            "task a is not paused itself: lane api is, by ann",
        ),
        ({"task": "a"}, "unpause", {"lane": "api"}, "lane api is not paused, but task a is"),
        ({"task": "a"}, "unpause", {"task": "b"}, "task b is not paused"),
    ],
)
def test_a_pause_that_does_not_fit_is_answered_with_what_is_paused(
    paused: dict[str, str], verb: str, named: dict[str, str], answer: str
) -> None:
    run = begun(TWO)
    run.request("pause", **paused)
    assert run.request(verb, **named) == answer


def test_what_has_ended_is_not_paused() -> None:
    run = SimulatedRun(landing("api: a"))
    run.start()
    for named in ({"task": "a"}, {"lane": "api"}, {}):
        assert run.request("pause", **named).endswith("has ended: there is nothing to pause")
