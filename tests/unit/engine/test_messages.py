"""What people send to an agent: told once, with the next turn, before what was made is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.adapters.simulated_world import SimulatedRun
from tests.unit.engine.test_taking import TakenAt, shop

from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.snapshot import Hold
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event
from agentrelay.task.core.task import TaskStatus


def told(run: SimulatedRun) -> list[tuple[int | None, int | None, Any]]:
    """Return attempt, turn and feedback of each start of a turn of task a."""
    announced = [e for e in run.events if e.type == ev.EFFECT_INTENT and e.task == "a"]
    starts = [e for e in announced if e.data["kind"] == K.TURN_START]
    return [(e.attempt, e.turn, e.data["feedback"]) for e in starts]


class SentAt(TakenAt):
    """A run in which somebody sends a text as soon as an effect of task a is announced."""

    def __init__(self, kind: K, **results: Mapping[str, Any]) -> None:
        super().__init__(shop("api: a", attempts=2), kind, "send", task="a")
        self._results = results

    def _asked(self, intent: Event) -> Mapping[str, Any] | None:
        if intent.data["kind"] == self._kind and not self._is_asked:
            self._is_asked = True
            data = {"id": "r", "verb": "send", "by": "ann", "text": "use b", "approval": {}}
            self._inputs.append(Draft(ev.REQUEST_RECEIVED, None, "a", data=data))
        return self._results.pop(intent.data["kind"].replace(".", "__"), None)


MESSAGE = {"kind": "message", "text": "use b"}


@pytest.mark.parametrize("kind", [K.TURN_START, K.TURN_COLLECT, K.GATE_START, K.TASK_OPEN])
def test_the_next_turn_of_the_attempt_is_told_before_it_is_judged(kind: K) -> None:
    run = SentAt(kind)
    run.start()
    assert told(run) == [(1, 1, None), (1, 2, MESSAGE)]
    assert run.snapshot.tasks["a"].status is TaskStatus.MERGED
    assert run.snapshot.tasks["a"].messages == []


def test_no_gate_runs_on_what_was_made_without_it() -> None:
    run = SentAt(K.TURN_START)
    run.start()
    gates = [e.turn for e in run.events if e.data.get("kind") == K.GATE_START and "gate" in e.data]
    assert gates == [2]


def test_it_is_told_with_other_feedback_where_there_is_some() -> None:
    run = SentAt(K.TURN_START, turn__collect={"result": "failed", "reason": "no idea"})
    run.start()
    text = "no idea\n\nA person says: use b"
    assert told(run) == [(1, 1, None), (2, 1, {"kind": "attempt", "text": text})]


def test_several_are_told_together_and_with_the_first_turn_of_a_task_to_come() -> None:
    run = SimulatedRun(shop("api: a"))
    run.send(Draft(ev.RUN_STARTED, data={"mode": "landing"}))
    answer = run.request("send", task="a", text="use b")
    assert answer == "the agent of task a is told with its first turn"
    run.request("send", task="a", text="not c")
    run.send(Draft(ev.RUN_RESUMED, data={"mode": "full"}))
    run.carry_on()
    assert told(run) == [(1, 1, {"kind": "message", "text": "use b\n\nnot c"})]


def test_it_is_kept_until_a_turn_could_be_started() -> None:
    run = SentAt(K.ATTEMPT_START, turn__start={"no_slot": True})
    run.start()
    run.send(Draft(ev.SLOT_FREE, data={"slot": "agents"}))
    run.carry_on()
    assert told(run) == [(1, 1, MESSAGE), (1, 1, MESSAGE)]


def test_a_task_that_waits_because_of_a_red_gate_goes_on_at_once() -> None:
    run = SimulatedRun(shop("api: a"))
    run.script = lambda e: (
        {"ended": {"passed": False, "reason": "exit code 1"}}
        if e.data["kind"] == K.GATE_START
        else None
    )
    run.start()
    a = run.snapshot.tasks["a"]
    assert a.hold is not None
    run.script = lambda _intent: None
    run.request("send", task="a", text="use b")
    assert told(run)[-1][2] == MESSAGE
    assert a.status is TaskStatus.MERGED


@pytest.mark.parametrize(
    ("named", "text", "answer"),
    [
        ({"task": "a"}, " ", "there is nothing to be told"),
        ({"lane": "api"}, "x", "a message is sent to a task"),
        (
            {"task": "d"},
            "x",
            "task d is merged: agentrelay retry g/d -m TEXT gives it another attempt",
        ),
        ({"task": "a"}, "x", "ann works on task a"),
    ],
)
def test_what_can_t_be_told_is_refused_in_words(
    named: dict[str, str], text: str, answer: str
) -> None:
    run = TakenAt(shop("api: a", "docs: d"), K.TURN_START, task="a")
    run.start()
    assert run.request("send", text=text, **named) == answer


def test_a_wait_that_a_text_does_not_end_is_named() -> None:
    run = SentAt(K.LANE_CLOSE)
    run.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
    while not run.snapshot.tasks["a"].open:
        run.send(run._inputs.popleft())
    run.snapshot.tasks["a"].hold = Hold("setup", "the lane's setup failed: exit code 1")
    answer = run.request("send", task="a", text="use b")
    assert answer.endswith("when it goes on; it waits: the lane's setup failed: exit code 1")
