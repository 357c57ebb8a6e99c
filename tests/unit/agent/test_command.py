"""The command adapter."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentrelay.agent.core.adapter import TurnRequest
from agentrelay.agent.implementations.command import CommandAdapter
from agentrelay.errors import AgentError

ADAPTER = CommandAdapter()


def request(run: tuple[str, ...] | str | None) -> TurnRequest:
    return TurnRequest("t", Path("/w"), {}, "Do it.", run=run)


def test_only_a_line_meets_a_shell() -> None:
    assert ADAPTER.launch(request("a b; c")).argv == ("sh", "-c", "a b; c")
    assert ADAPTER.launch(request(("a", "b; c"))).argv == ("a", "b; c")


@pytest.mark.parametrize("run", [None, "", ()])
def test_an_agent_without_command_is_an_error(run: tuple[str, ...] | str | None) -> None:
    with pytest.raises(AgentError, match='task "t" has no command'):
        ADAPTER.launch(request(run))


def test_what_it_prints_is_no_report(tmp_path: Path) -> None:
    output = tmp_path / "output.log"
    output.write_text('{"type":"result","subtype":"success"}\n')
    assert ADAPTER.report(output) is None
