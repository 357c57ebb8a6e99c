"""Tasks that a person takes: the agent ends, no attempt is burned, and what is given is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.adapters.simulated_world import SimulatedRun
from tests.unit.graph.build import graph

from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.settle import settle
from agentrelay.gates.gate import GateSpec
from agentrelay.graph.model import TaskGraph
from agentrelay.interfaces.views.needs import needs_you
from agentrelay.interfaces.views.waits import lane_wait, task_wait
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event
from agentrelay.task.core.task import TaskStatus

THEIRS = "waits for ann, who works on it: agentrelay give g/a"


def shop(*drawings: str, attempts: int = 1) -> TaskGraph:
    """Return a graph whose tasks have a gate, and one attempt."""
    drawn = graph(*drawings)
    gate = GateSpec("unit", "true")
    tasks = tuple(replace(task, gates=(gate,), max_attempts=attempts) for task in drawn.tasks)
    return replace(drawn, tasks=tasks)


class TakenAt(SimulatedRun):
    """A run in which somebody asks for something as soon as an effect is announced, once."""

    def __init__(self, made: TaskGraph, kind: K, verb: str = "take", **named: str) -> None:
        super().__init__(made, self._asked)
        self._kind, self._verb, self._named = kind, verb, named
        self._is_asked = False

    def _asked(self, intent: Event) -> Mapping[str, Any] | None:
        if intent.data["kind"] == self._kind and not self._is_asked:
            self._is_asked = True
            data = {"id": "r", "verb": self._verb, "by": "ann", "text": "", "approval": {}}
            where = (self._named.get("lane"), self._named.get("task"))
            self._inputs.append(Draft(ev.REQUEST_RECEIVED, *where, data=data))
        return None


def kinds(run: SimulatedRun, since: int = 0) -> list[str]:
    intents = [e for e in run.events[since:] if e.type == ev.EFFECT_INTENT]
    return [e.data["kind"] for e in intents]


def taken(kind: K = K.TURN_START) -> TakenAt:
    """Return a run whose first task a person has taken, by its lane's name."""
    run = TakenAt(shop("api: a b<a"), kind, lane="api")
    run.start()
    return run


def fails_once(intent: Event) -> Mapping[str, Any] | None:
    by_agent = intent.data["kind"] == K.TURN_COLLECT and "by" not in intent.data
    return {"result": "failed", "reason": "no"} if by_agent else None


def test_the_agent_is_ended_and_nothing_begins_until_the_task_is_given() -> None:
    run = taken()
    s, a = run.snapshot, run.snapshot.tasks["a"]
    first = next(e.seq for e in run.events if e.type == ev.TASK_TAKEN)
    assert kinds(run, first) == [K.TURN_STOP, K.TURN_COLLECT]
    assert (a.status, a.attempt, s.waiting_code) == (TaskStatus.RUNNING, 1, 5)
    assert task_wait(s, a, moves=True) == THEIRS
    assert lane_wait(s, s.lanes["api"], moves=False) == f"task a {THEIRS}"
    assert [(need.kind, need.command) for need in needs_you(s)] == [
        ("taken", "agentrelay give g/a")
    ]
    run.send(Draft(ev.RUN_RESUMED, data={"mode": "full"}))
    run.carry_on()
    assert kinds(run, first) == [K.TURN_STOP, K.TURN_COLLECT]
    run.request("give", task="a", text="by hand")
    collected = [e for e in run.events if e.data.get("kind") == K.TURN_COLLECT and "by" in e.data]
    assert [(e.turn, e.data["by"], e.data["summary"]) for e in collected] == [(2, "ann", "by hand")]
    assert (a.status, a.attempt) == (TaskStatus.MERGED, 1)
    assert K.GATE_START in kinds(run, first)


@pytest.mark.parametrize("kind", [K.GATE_START, K.ATTEMPT_START, K.TURN_COLLECT])
def test_a_task_is_taken_at_any_point_of_its_attempt(kind: K) -> None:
    run = taken(kind)
    assert task_wait(run.snapshot, run.snapshot.tasks["a"], moves=True) == THEIRS
    run.request("give", lane="api")
    assert run.snapshot.tasks["a"].status is TaskStatus.MERGED


def test_a_person_can_do_a_task_for_which_no_agent_was_started() -> None:
    run = SimulatedRun(shop("api: a b<a"))
    run.send(Draft(ev.RUN_STARTED, data={"mode": "landing"}))
    assert run.request("take", task="b") == "task b waits for task a"
    assert run.request("take", lane="api") == "task a is yours"
    assert run.snapshot.tasks["a"].start is not None
    assert K.TURN_START not in kinds(run)
    run.request("give", lane="api")
    assert run.snapshot.tasks["a"].status is TaskStatus.MERGED
    assert run.snapshot.tasks["b"].attempt == 0


def test_a_failed_task_is_taken_with_another_attempt_and_its_lane_goes_on() -> None:
    run = SimulatedRun(shop("api: a b<a"), fails_once)
    run.start()
    assert run.snapshot.finished == 1
    assert run.request("take", task="a") == "task a is yours"
    a = run.snapshot.tasks["a"]
    assert (a.attempt, task_wait(run.snapshot, a, moves=True)) == (2, THEIRS)
    run.script = lambda _intent: None
    run.request("give", task="a")
    assert run.snapshot.tasks["b"].status is TaskStatus.MERGED


def test_what_can_t_be_merged_waits_for_the_person_and_is_no_failure() -> None:
    run = taken()
    run.script = lambda e: (
        {"result": "failed", "reason": "nothing was changed"}
        if e.data["kind"] == K.TURN_COLLECT
        else None
    )
    run.request("give", task="a")
    needs = [(need.kind, need.command, need.reason) for need in needs_you(run.snapshot)]
    assert needs == [("given", "agentrelay take g/a", "nothing was changed")]
    run.script = lambda _intent: None
    run.request("take", task="a")
    run.request("give", task="a")
    assert run.snapshot.tasks["a"].status is TaskStatus.MERGED
    assert run.snapshot.tasks["a"].attempt == 1


@pytest.mark.parametrize(("verb", "approval"), [("retry", {}), ("give", {"fail": "yes"})])
def test_an_agent_has_the_next_attempt_where_the_person_gives_up(
    verb: str, approval: dict[str, str]
) -> None:
    run = TakenAt(shop("api: a b<a", attempts=2), K.TURN_START, task="a")
    run.start()
    run.request(verb, task="a", text="not like this", approval=approval)
    a = run.snapshot.tasks["a"]
    assert (a.status, a.attempt) == (TaskStatus.MERGED, 2)
    starts = [e for e in run.events if e.data.get("kind") == K.ATTEMPT_START and e.attempt == 2]
    assert starts[0].data["before"] == "not like this"


def test_a_task_that_is_cancelled_is_nobody_s() -> None:
    run = taken()
    run.request("cancel", task="a")
    a = run.snapshot.tasks["a"]
    assert (a.status, a.taken) == (TaskStatus.CANCELLED, "")
    assert settle(run.snapshot, run.snapshot.seq) is None


@pytest.mark.parametrize(
    ("verb", "named", "answer"),
    [
        ("take", {"task": "a"}, "task a is taken already, by ann"),
        ("take", {"task": "c"}, "task a has the worktree of lane api"),
        ("take", {"task": "d"}, "task d is merged; agentrelay retry g/d sends it back"),
        ("take", {"lane": "docs"}, "lane docs has no task to be worked at now"),
        ("give", {"task": "c"}, "task c was not taken by anybody"),
        ("give", {"lane": "docs"}, "lane docs was not taken by anybody"),
    ],
)
def test_what_does_not_fit_is_answered_in_words(
    verb: str, named: dict[str, str], answer: str
) -> None:
    run = TakenAt(shop("api: a c", "docs: d"), K.TURN_START, task="a")
    run.start()
    assert run.request(verb, **named) == answer


class Picked(SimulatedRun):
    """A run in which the test says what comes in next."""

    def take(self, key: str, type_: str = ev.EFFECT_DONE) -> None:
        """Take the input of a type whose key begins so."""
        found = (i for i, d in enumerate(self._inputs) if d.type == type_)
        index = next(i for i in found if self._inputs[i].data["key"].startswith(key))
        draft = self._inputs[index]
        del self._inputs[index]
        self.send(draft)

    def ask(self, verb: str, task: str) -> str:
        """Ask for something, and return the answer that comes at once."""
        data = {"id": verb, "verb": verb, "by": "ann", "text": "", "approval": {}}
        self.send(Draft(ev.REQUEST_RECEIVED, None, task, data=data))
        told = [e.data for e in self.events if e.type == ev.REQUEST_ANSWERED]
        return next(data["text"] for data in told if data["id"] == verb)


def test_no_attempt_begins_while_what_the_one_before_left_is_pinned() -> None:
    run = Picked(shop("api: a"))
    run.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
    for key in ("lane.prepare", "attempt.start", "turn.start"):
        run.take(key)
    run.send(Draft(ev.KEEP_DUE, data={"tasks": ["a"]}))
    assert run.ask("take", "a") == "task a is yours"
    run.take("turn.stop")
    run.take("turn.start", ev.TURN_ENDED)
    assert run.ask("retry", "a") == "task a is running"
    run.carry_on()
    assert task_wait(run.snapshot, run.snapshot.tasks["a"], moves=True) == THEIRS
    assert run.request("retry", task="a") == "task a gets another attempt"
    assert run.snapshot.tasks["a"].status is TaskStatus.MERGED


def test_what_is_paused_is_begun_for_nobody() -> None:
    run = SimulatedRun(shop("api: a"))
    run.send(Draft(ev.RUN_STARTED, data={"mode": "landing"}))
    run.request("pause")
    assert run.request("take", task="a") == "task a is paused: unpause it first"
