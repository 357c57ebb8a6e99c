"""How two versions of a graph differ, in words."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.engine.test_rules import graph

from agentrelay.graph.difference import difference
from agentrelay.task.core.task import Budget


def test_another_limit_of_the_run_is_told_as_an_amount() -> None:
    before = replace(graph(("a", "l", ())), limits=Budget(cost_usd=5.0))
    after = replace(before, limits=Budget(tokens=2_000_000))
    assert difference(before, after) == [
        "limits.cost_usd: 5 before, none now",
        "limits.tokens: none before, 2000000 now",
    ]
