"""Each agent that takes an MCP server does a task by its tools alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.adapters.model_server.script import Say, Use, Write
from tests.agents.conftest import ACP
from tests.agents.stage import ONE_TASK, Stage
from tests.agents.test_acp import with_keys

from agentrelay.graph.checks.references import MCP_ADAPTERS

OVER_THE_PROTOCOL = ("claude-agent-acp", "gemini")
"""Agents of the Agent Client Protocol that are driven so, too."""

DRIVEN = [(agent, False) for agent in sorted(MCP_ADAPTERS - {"acp"})]
DRIVEN += [(agent, True) for agent in OVER_THE_PROTOCOL]


@pytest.mark.parametrize(("agent", "is_acp"), DRIVEN)
def test_an_agent_does_a_task_by_tools(
    agent: str,
    *,
    is_acp: bool,
    make_stage: Callable[..., Stage],
    record_property: Callable[[str, object], None],
) -> None:
    driven = f"{agent} ({'acp, ' if is_acp else ''}mcp)"
    record_property("drivable", driven)
    stage = make_stage(agent, ACP[agent] if is_acp else None)
    stage.worker += ", mcp: true"
    if agent == "gemini" and not is_acp:
        stage.worker += ", isolated: true"
    stage.play(
        "cart",
        "api",
        Use("context"),
        Write("cart.txt", "apples\n"),
        Use("note", {"text": "apples only"}),
        Use("done", {"summary": "wrote the cart"}),
        Say("The cart is there."),
    )
    code, printed = stage.run(with_keys(ONE_TASK) if is_acp else ONE_TASK)
    assert code == 0, printed
    assert "cart.txt" in stage.repo.files("main")
    (collected,) = stage.collected("cart")
    assert (collected["summary"], collected["notes"]) == ("wrote the cart", ["apples only"])
    assert collected["result"] == "done"
    record_property("driven", driven)
