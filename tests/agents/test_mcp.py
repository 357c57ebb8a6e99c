"""Each agent that takes an MCP server does a task by its tools alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.adapters.model_server.script import Say, Use, Write
from tests.agents.stage import ONE_TASK, Stage

from agentrelay.graph.checks.references import MCP_ADAPTERS


@pytest.mark.parametrize("agent", sorted(MCP_ADAPTERS))
def test_an_agent_does_a_task_by_tools(
    agent: str, make_stage: Callable[[str], Stage], record_property: Callable[[str, object], None]
) -> None:
    record_property("drivable", f"{agent} (mcp)")
    stage = make_stage(agent)
    stage.worker += ", mcp: true"
    stage.play(
        "cart",
        "api",
        Use("context"),
        Write("cart.txt", "apples\n"),
        Use("note", {"text": "apples only"}),
        Use("done", {"summary": "wrote the cart"}),
        Say("The cart is there."),
    )
    code, printed = stage.run(ONE_TASK)
    assert code == 0, printed
    assert "cart.txt" in stage.repo.files("main")
    (collected,) = stage.collected("cart")
    assert (collected["summary"], collected["notes"]) == ("wrote the cart", ["apples only"])
    assert collected["result"] == "done"
    record_property("driven", f"{agent} (mcp)")
