"""A budget that is used up pauses and asks; the command that it prints lets it go on."""

from __future__ import annotations

import json

from tests.integration.cli.account import Account


def test_a_run_asks_when_its_budget_is_used_up_and_goes_on_with_another(account: Account) -> None:
    scene = account.scene
    graph = account.graph("g", "a", "b", limits="{cost_usd: 1.5}")
    done = scene.call("run", graph, "--yes")
    assert done.code == 5, done.err
    assert len(account.starts) == 1
    assert "(budget): the run has used $2.00 of $1.50" in done.err
    assert "agentrelay limit graph:g cost_usd=3" in done.err
    shown = scene.call("show", "g").out
    assert "$2.00, 1,500 tokens (400 from a cache, 100 output), 1s in 1 turn" in shown
    assert scene.call("limit", "graph:g", "cost_usd=3").out == "limits: cost_usd $3.00\n"
    assert scene.call("resume", "g").code == 0
    view = json.loads(scene.call("status", "g", "--json").out)
    assert (view["spent"]["usd"], view["spent"]["source"]) == (4.0, "reported")
    assert [lane["spent"]["usd"] for lane in view["lanes"]] == [2.0, 2.0]
