"""Back-offs end when they should, however the clock is set meanwhile."""

from __future__ import annotations

from agentrelay.engine.alarms import Alarms

HOUR = 3600.0


class Clocks:
    """A wall clock that is set, and one that only goes forward."""

    def __init__(self) -> None:
        self.wall = 1_000_000.0
        self.elapsed = 0.0

    def now(self) -> float:
        return self.wall

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.elapsed += seconds


def alarms(clocks: Clocks) -> Alarms:
    return Alarms(clocks, lambda _task: 300.0, lambda: clocks.elapsed)


def test_a_timer_is_due_after_its_time_and_not_before() -> None:
    clocks = Clocks()
    kept, timers = alarms(clocks), [(clocks.wall + 5, "b"), (clocks.wall + 2, "a")]
    assert kept.pause(timers) == 2
    assert kept.due(timers) == []
    clocks.pass_by(2)
    assert kept.due(timers) == ["a"]
    clocks.pass_by(3)
    assert kept.due(timers) == ["a", "b"]
    assert kept.pause(timers) == 0


def test_a_clock_that_is_set_forward_makes_nothing_early() -> None:
    clocks = Clocks()
    kept, timers = alarms(clocks), [(clocks.wall + 5, "a")]
    kept.pause(timers)
    clocks.wall += HOUR
    assert kept.due(timers) == []
    assert kept.pause(timers) == 5


def test_a_clock_that_is_set_back_makes_nothing_late() -> None:
    clocks = Clocks()
    kept, timers = alarms(clocks), [(clocks.wall + 5, "a")]
    kept.pause(timers)
    clocks.wall -= HOUR
    clocks.pass_by(5)
    assert kept.due(timers) == ["a"]


def test_after_a_start_under_another_clock_the_longest_back_off_is_the_most() -> None:
    clocks = Clocks()
    timers = [(clocks.wall + HOUR, "a")]
    kept = alarms(clocks)
    assert kept.pause(timers) == 300
    clocks.pass_by(300)
    assert kept.due(timers) == ["a"]


def test_a_timer_that_ended_while_nothing_ran_is_due_at_once() -> None:
    clocks = Clocks()
    assert alarms(clocks).due([(clocks.wall - HOUR, "a")]) == ["a"]


def test_without_timers_nothing_is_waited_for() -> None:
    assert alarms(Clocks()).pause([]) is None
