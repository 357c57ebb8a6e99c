"""What came in already is not taken again."""

from __future__ import annotations

from tests.adapters.simulated_world import SimulatedRun
from tests.unit.graph.build import graph

from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.news import is_news
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft


def test_a_result_is_news_while_it_is_awaited() -> None:
    run = SimulatedRun(graph("api: a"))
    run.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
    (key,) = run.snapshot.in_flight
    result = Draft(ev.EFFECT_DONE, "api", data={"key": key, "kind": K.LANE_PREPARE.value})
    assert is_news(run.snapshot, result)
    run.carry_on()
    assert not is_news(run.snapshot, result)


def test_the_end_of_a_program_is_news_once() -> None:
    run = SimulatedRun(graph("api: a"))
    run.start()
    (ended,) = [event for event in run.events if event.type == ev.TURN_ENDED]
    assert not is_news(run.snapshot, Draft(*ended[2:]))


def test_a_request_is_news_once() -> None:
    run = SimulatedRun(graph("api: a"))
    run.start()
    data = {"id": "r", "verb": "cancel", "by": "ann", "text": "", "approval": {}}
    request = Draft(ev.REQUEST_RECEIVED, "api", data=data)
    assert is_news(run.snapshot, request)
    run.send(request)
    assert not is_news(run.snapshot, request)
