"""Each agent lands two lanes: it edits, commits, calls, and mends what a gate finds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.model_server.script import Say, Write
from tests.agents.conftest import AGENTS, FURTHER, KEY, SHELL_LESS
from tests.agents.stage import CART, GATED_TASK, GUIDE, TWO_LANES, Stage

LONGER = 220.0
"""Seconds for programs that take most of their time to start and to end."""


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
    first, second = two_turns(stage)

    # Four answers each, counted for the turn alone although a session's totals are reported.
    assert [first["usage"], second["usage"]] == [USED[agent]] * 2
    # What is estimated from prices says nothing of the program.
    told = [made["cost"] for made in (first, second) if "cost" in made]
    costs = [cost["usd"] for cost in told if cost["source"] == "reported"]
    assert (len(costs), len(set(costs))) == ((2, 1) if agent in COSTS else (0, 0))
    assert_no_key_in(stage.repo.path / ".workflow")
    record_property("driven", agent)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("agent", sorted(FURTHER))
def test_a_further_agent_lands_a_task_in_two_turns(
    agent: str, make_stage: Callable[[str], Stage], record_property: Callable[[str, object], None]
) -> None:
    record_property("drivable", agent)
    stage = make_stage(agent)
    stage.play("cart", "api", *CART)
    code, printed = stage.run(GATED_TASK, LONGER)
    assert code == 0, printed
    assert {"cart.txt", "price.txt"} <= set(stage.repo.files("main")), printed
    first, second = two_turns(stage)
    assert [made.get("usage") for made in (first, second)] == [USED.get(agent)] * 2
    assert_no_key_in(stage.repo.path / ".workflow")
    record_property("driven", agent)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("agent", sorted(SHELL_LESS))
def test_an_agent_that_has_no_shell_lands_what_it_commits(
    agent: str, make_stage: Callable[[str], Stage], record_property: Callable[[str, object], None]
) -> None:
    record_property("drivable", agent)
    stage = make_stage(agent)
    cart, price = Write("cart.txt", "apples\n"), Write("price.txt", "price 3\n")
    # Behind each edit it asks for the message of its commit.
    stage.play("cart", "api", cart, Say("add a cart"), price, Say("add a price"), chat=True)
    code, printed = stage.run(GATED_TASK, LONGER)
    assert code == 0, printed
    assert {"cart.txt", "price.txt"} <= set(stage.repo.files("main")), printed
    assert "add a price" in stage.repo.git("log", "--format=%s", "main")
    first, second = stage.collected("cart")
    assert (first["result"], second["result"]) == ("done", "done")
    assert second["cost"] == {"usd": 0.00016, "source": "reported"}
    asked = stage.server.conversations("# Task cart\n")
    assert any('gate "priced" is red' in text for text in asked[-1].texts)
    assert_no_key_in(stage.repo.path / ".workflow")
    record_property("driven", agent)


def two_turns(stage: Stage) -> list[dict[str, Any]]:
    """Return the two turns of the cart, once it is plain that they were one session's own work."""
    first, second = stage.collected("cart")
    assert (first["summary"], second["summary"]) == ("wrote the cart", "priced it")
    assert first["session"] == second["session"]
    # Nothing was asked twice: the second turn went on behind the answers of the first.
    asked = stage.server.conversations("# Task cart\n")
    assert [each.answers for each in asked] == sorted({each.answers for each in asked})
    assert any('gate "priced" is red' in text for text in asked[-1].texts)
    # Each turn committed by itself: what an agent leaves lying about is committed under our name.
    assert stage.repo.git("log", "--format=%s", "main").count("by the agent") == 2
    return [first, second]


USED = {
    "claude": {"uncached": 400, "cache_read": 120, "cache_write": 80, "output": 28},
    "codex": {"uncached": 480, "cache_read": 120, "cache_write": 0, "output": 28},
    "gemini": {"uncached": 480, "cache_read": 120, "cache_write": 0, "output": 28},
    "opencode": {"uncached": 480, "cache_read": 120, "cache_write": 0, "output": 28},
    "qwen": {"uncached": 480, "cache_read": 120, "cache_write": 0, "output": 28},
}
"""What the four answers of each turn are said to have taken; copilot says nothing."""

COSTS = ("claude", "opencode")
"""The agents that report cost."""


def assert_no_key_in(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and os.access(path, os.R_OK):
            assert KEY.encode() not in path.read_bytes(), path
