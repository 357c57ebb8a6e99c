"""Limits, on a clock of the test's own."""

from __future__ import annotations

from collections.abc import Callable

from agentrelay.executor.core.executor import Bounds, Ending
from agentrelay.executor.supervisor.watch import Sample, Watch

NOTHING = Sample(output=0, touched=0, written=0, cpu=0.0)


def run(
    bounds: Bounds, sample: Callable[[float], Sample], end: float = 10_000
) -> tuple[float, Ending | None, int]:
    """Watch until a limit is reached; return when, which, and how many samples that took."""
    watch = Watch(bounds, 0.0, NOTHING)
    samples = 0
    while (now := watch.next()) is not None and now < end:
        samples += 1
        ending = watch.observe(now, sample(now))
        if ending is not None:
            return now, ending, samples
    return end, None, samples


def silent(_now: float) -> Sample:
    return NOTHING


def test_without_limits_nothing_is_watched() -> None:
    assert Watch(Bounds(), 0.0, NOTHING).next() is None


def test_each_limit_is_met_when_it_is_due() -> None:
    assert run(Bounds(start=90), silent)[:2] == (90, Ending.START_LIMIT)
    assert run(Bounds(idle=900), silent)[:2] == (900, Ending.IDLE_LIMIT)
    assert run(Bounds(wall=60), silent)[:2] == (60, Ending.WALL_LIMIT)
    assert run(Bounds(start=90, idle=900, wall=60), silent)[:2] == (60, Ending.WALL_LIMIT)


def test_a_start_is_waited_for_with_two_looks() -> None:
    assert run(Bounds(start=90), silent) == (90, Ending.START_LIMIT, 2)


def test_any_output_or_write_is_a_start() -> None:
    for sign in (Sample(1, 0, 0, 0), Sample(0, 1, 0, 0), Sample(0, 0, 1, 0)):
        assert run(Bounds(start=90), lambda _now, sign=sign: sign)[1] is None


def test_cpu_time_alone_is_a_start_while_it_is_used() -> None:
    assert run(Bounds(start=90), lambda now: Sample(0, 0, 0, now))[1] is None
    burst = run(Bounds(start=90), lambda now: Sample(0, 0, 0, min(now, 3)))
    assert burst[:2] == (90, Ending.START_LIMIT)


def test_a_hung_program_that_ticks_over_is_idle() -> None:
    assert run(Bounds(idle=900), lambda now: Sample(0, 0, 0, now * 0.015))[:2] == (
        900,
        Ending.IDLE_LIMIT,
    )


def test_idle_counts_from_the_last_sign_of_work() -> None:
    def wrote(now: float) -> Sample:
        return Sample(int(min(now, 1_000)), 0, 0, 0)

    met, ending, _ = run(Bounds(idle=600), wrote)
    assert ending is Ending.IDLE_LIMIT
    assert 1_000 + 600 <= met <= 1_000 + 600 * 7 / 6


def test_a_program_that_goes_on_is_never_idle_and_rarely_looked_at() -> None:
    _, ending, samples = run(Bounds(idle=900), lambda now: Sample(int(now), 0, 0, 0), end=9_000)
    assert ending is None
    assert samples <= 61


def test_the_time_for_which_nothing_ran_does_not_count() -> None:
    watch = Watch(Bounds(start=90, idle=900, wall=3_600), 0.0, NOTHING)
    night = 8 * 3_600.0
    watch.slept(night)
    assert watch.observe(night + 89, NOTHING) is None
    assert watch.observe(night + 90, NOTHING) is Ending.START_LIMIT
    only_wall = Watch(Bounds(wall=60), 0.0, NOTHING)
    assert only_wall.observe(59, NOTHING) is None
    only_wall.slept(night)
    assert only_wall.observe(night + 59, NOTHING) is None
    assert only_wall.observe(night + 60, NOTHING) is Ending.WALL_LIMIT
