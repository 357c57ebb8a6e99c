"""SIGKILL at points of effects: going on afterwards costs nothing, doubles nothing, loses nothing.

Here the first and the last effect of each kind are killed, at each of their points, several in one
play; ``make crash`` does all of them. The last lines of ``make test`` say how many.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.faults.scenarios import SCENARIOS
from tests.faults.searching import Search, chained, ends_of_kinds, servers, twice

from agentrelay.engine.effect import EffectKind

Record = Callable[[str, object], None]

PLAYS = 1 + (os.cpu_count() or 2)
LENGTH = 10
"""Kills in one play."""

LANES = frozenset(kind for kind in EffectKind if kind.value.startswith(("lane.", "revert.")))
TURNS = frozenset(
    {
        EffectKind.ATTEMPT_START,
        EffectKind.TURN_START,
        EffectKind.TURN_COLLECT,
        EffectKind.TASK_MERGE,
    }
)
TAKEN = frozenset(
    {EffectKind.LANE_PREPARE, EffectKind.ATTEMPT_START, EffectKind.TASK_MERGE, EffectKind.LANE_OPEN}
)
LANDINGS = frozenset(
    {
        EffectKind.LANE_CANDIDATE,
        EffectKind.LANE_LAND,
        EffectKind.REVERT_MAKE,
        EffectKind.REVERT_LAND,
    }
)
ATTENDED = frozenset({EffectKind.TURN_COLLECT, EffectKind.TURN_STOP, EffectKind.TURN_ANSWER})


@dataclass(frozen=True)
class Part:
    """A scenario with a setting of ``publish``, and the kinds of effects that it is there for.

    There are ``kills`` points to be killed at: one less is a lost test, one more is to be noted.
    """

    scenario: str
    publish: str
    kills: int
    kinds: frozenset[EffectKind] = frozenset(EffectKind)


PARTS = (
    Part("landed", "none", 128),
    Part("landed", "all", 72, LANES),
    Part("given up", "branches", 119),
    Part("conflict", "none", 32, TURNS),
    Part("taken over", "all", 32, TAKEN),
    Part("only", "none", 24, TAKEN),
    Part("kept", "none", 8, frozenset({EffectKind.TURN_KEEP, EffectKind.TURN_COLLECT})),
    Part("attended", "none", 16, ATTENDED),
    Part("diverged", "all", 16, LANDINGS),
    Part("forged", "github", 56, LANES),
)
TWICE = 72
"""So many kills are done where what one left is killed again while it is made good."""


@pytest.fixture
def search(tmp_path: Path) -> Iterator[Search]:
    with servers(PLAYS) as free:
        yield Search(tmp_path, free, PLAYS)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part.scenario}-{part.publish}")
def test_a_kill_at_any_point_of_an_effect_changes_nothing(
    search: Search, part: Part, record_property: Record
) -> None:
    subject = search.undisturbed(SCENARIOS[part.scenario], part.publish)
    points = ends_of_kinds(subject.points, {kind.value for kind in part.kinds})
    failures = search.failures(subject, chained(points, LENGTH))
    record_property("crash points", (len(points) - len(failures), len(points)))
    assert not failures, "\n\n".join(failures)
    assert len(points) == part.kills


@pytest.mark.timeout(900)
def test_a_kill_while_another_one_is_made_good_changes_nothing(
    search: Search, record_property: Record
) -> None:
    subject = search.undisturbed(SCENARIOS["landed"], "none")
    chains = twice(subject.points, LENGTH // 2)
    total = sum(map(len, chains))
    failures = search.failures(subject, chains)
    record_property("crash points", (total - len(failures), total))
    assert not failures, "\n\n".join(failures)
    assert total == TWICE


def test_the_scenarios_have_effects_of_each_kind(search: Search) -> None:
    with ThreadPoolExecutor(PLAYS) as pool:
        subjects = pool.map(
            lambda scenario: search.undisturbed(scenario, "none"), SCENARIOS.values()
        )
        met = {effect.partition("/")[0] for subject in subjects for effect, _ in subject.points}
    assert met == {kind.value for kind in EffectKind}
