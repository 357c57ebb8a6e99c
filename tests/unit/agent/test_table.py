"""The table of adapters."""

from __future__ import annotations

import pytest

from agentrelay.agent.implementations import ADAPTERS, require_adapter
from agentrelay.errors import UnknownNameError
from agentrelay.graph.checks.references import ASKING_ADAPTERS, MCP_ADAPTERS
from agentrelay.graph.draft import ADAPTERS as KNOWN_TO_GRAPHS


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_an_adapter_is_found_by_its_name(name: str) -> None:
    assert require_adapter(name).about.name == name


def test_an_unknown_adapter_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UnknownNameError) as caught:
        require_adapter("comand")
    available = "acp, aider, claude, codex, command, copilot, gemini, opencode, qwen"
    assert caught.value.hint == f'did you mean "command"? available: {available}'


def test_graphs_know_what_exists() -> None:
    assert ADAPTERS.keys() == KNOWN_TO_GRAPHS
    assert {name for name in ADAPTERS if require_adapter(name).about.takes_mcp} == MCP_ADAPTERS


def test_the_graph_knows_which_adapters_can_ask_a_person() -> None:
    assert {name for name in ADAPTERS if require_adapter(name).about.asks} == ASKING_ADAPTERS
