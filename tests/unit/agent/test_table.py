"""The table of adapters."""

from __future__ import annotations

import pytest

from agentrelay.agent.implementations import ADAPTERS, PLANNED, require_adapter
from agentrelay.errors import UnknownNameError
from agentrelay.graph.draft import ADAPTERS as KNOWN_TO_GRAPHS


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_an_adapter_is_found_by_its_name(name: str) -> None:
    assert require_adapter(name).about.name == name


@pytest.mark.parametrize("name", sorted(PLANNED))
def test_a_planned_adapter_is_named_as_such(name: str) -> None:
    with pytest.raises(UnknownNameError, match=f'"{name}" comes with a later version'):
        require_adapter(name)


def test_an_unknown_adapter_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UnknownNameError) as caught:
        require_adapter("comand")
    assert caught.value.hint == 'did you mean "command"? available: acp, claude, codex, command'


def test_graphs_know_what_exists_or_is_planned() -> None:
    assert ADAPTERS.keys() | PLANNED == KNOWN_TO_GRAPHS
