"""Each agent lands two lanes: it edits, commits, calls, and mends what a gate finds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.agents.conftest import AGENTS, KEY
from tests.agents.stage import CART, GUIDE, TWO_LANES, Stage


@pytest.mark.parametrize("agent", sorted(AGENTS))
def test_an_agent_lands_two_lanes(
    agent: str, make_stage: Callable[[str], Stage], record_property: Callable[[str, object], None]
) -> None:
    record_property("drivable", agent)
    stage = make_stage(agent)
    stage.play("cart", "api", *CART)
    stage.play("guide", "docs", *GUIDE)
    code, printed = stage.run(TWO_LANES)
    assert code == 0, printed
    landed = {"cart.txt", "price.txt", "guide.txt"}
    assert landed <= set(stage.repo.files("main")), printed

    first, second = stage.collected("cart")
    assert (first["summary"], second["summary"]) == ("wrote the cart", "priced it")
    assert first["session"] == second["session"]
    asked = stage.server.conversations("# Task cart\n")
    assert [each.answers for each in asked] == sorted({each.answers for each in asked})
    assert any('gate "priced" is red' in text for text in asked[-1].texts)

    # Four answers each, counted for the turn alone although a session's totals are reported.
    assert [first["usage"], second["usage"]] == [USED[agent]] * 2
    costs = [made["cost"]["usd"] for made in (first, second) if "cost" in made]
    assert (len(costs), len(set(costs))) == ((2, 1) if agent == "claude" else (0, 0))
    assert_no_key_in(stage.repo.path / ".workflow")
    record_property("driven", agent)


USED = {
    "claude": {"uncached": 400, "cache_read": 120, "cache_write": 80, "output": 28},
    "codex": {"uncached": 480, "cache_read": 120, "cache_write": 0, "output": 28},
}


def assert_no_key_in(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and os.access(path, os.R_OK):
            assert KEY.encode() not in path.read_bytes(), path
