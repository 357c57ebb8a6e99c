"""SIGKILL at points of effects: going on afterwards costs nothing, doubles nothing, loses nothing.

Here the first and the last effect of each kind are killed, at each of their points, several in one
play; ``make crash`` does all of them, one by one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.scenarios import SCENARIOS
from tests.faults.searching import Search, chained, ends_of_kinds, servers, twice

from agentrelay.engine.effect import EffectKind

SHARDS = 1 + (os.cpu_count() or 2)
LENGTH = 10
"""Kills in one play."""

KILLS = {("landed", "none"): 120, ("landed", "all"): 120, ("given up", "branches"): 111}
"""At least so many kills for each scenario and setting of ``publish``: fewer is a lost test."""

TWICE = 60
"""At least so many kills where what one left is killed again while it is made good."""


@pytest.fixture
def search(tmp_path: Path) -> Iterator[Search]:
    with servers(SHARDS) as free:
        yield Search(tmp_path, free, SHARDS)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "publish"), KILLS)
def test_a_kill_at_any_point_of_an_effect_changes_nothing(
    search: Search, name: str, publish: str
) -> None:
    subject = search.undisturbed(SCENARIOS[name], publish)
    chains = chained(ends_of_kinds(subject.points), LENGTH)
    total = sum(map(len, chains))
    failures = search.failures(subject, chains)
    print(f"crash points {total - len(failures)}/{total}")
    assert not failures, "\n\n".join(failures)
    assert total >= KILLS[name, publish]


@pytest.mark.timeout(900)
def test_a_kill_while_another_one_is_made_good_changes_nothing(search: Search) -> None:
    subject = search.undisturbed(SCENARIOS["landed"], "none")
    chains = twice(subject.points, LENGTH // 2)
    total = sum(map(len, chains))
    failures = search.failures(subject, chains)
    print(f"crash points {total - len(failures)}/{total}")
    assert not failures, "\n\n".join(failures)
    assert total >= TWICE


def test_the_scenarios_have_effects_of_each_kind(search: Search) -> None:
    met = {
        effect.partition("/")[0]
        for scenario in SCENARIOS.values()
        for effect, _ in search.undisturbed(scenario, "none").points
    }
    assert met == {kind.value for kind in EffectKind}
