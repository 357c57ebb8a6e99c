from __future__ import annotations

from threading import Event

from agentrelay.engine.effect import EffectKind
from agentrelay.engine.workers import Workers


def test_what_has_come_far_goes_before_what_is_to_begin() -> None:
    done: list[EffectKind] = []
    free = Event()
    workers = Workers(1)
    workers.submit(0, lambda: free.wait(30))
    kinds = (
        EffectKind.LANE_TEARDOWN,
        EffectKind.LANE_PREPARE,
        EffectKind.ATTEMPT_START,
        EffectKind.TASK_OPEN,
        EffectKind.TURN_START,
        EffectKind.LANE_LAND,
    )
    for kind in kinds:
        workers.submit(kind.rank, lambda kind=kind: done.append(kind))
    free.set()
    workers.close()
    assert done == [
        EffectKind.LANE_LAND,
        EffectKind.TASK_OPEN,
        EffectKind.TURN_START,
        EffectKind.ATTEMPT_START,
        EffectKind.LANE_PREPARE,
        EffectKind.LANE_TEARDOWN,
    ]


def test_closing_waits_for_all_that_was_submitted() -> None:
    done: list[int] = []
    workers = Workers(3)
    for number in range(50):
        workers.submit(number % 5, lambda number=number: done.append(number))
    workers.close()
    assert sorted(done) == list(range(50))
