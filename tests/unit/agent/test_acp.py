"""The adapter of the Agent Client Protocol: what it has its client do, and what it refuses."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentrelay.agent.acp.order import Order, order_of
from agentrelay.agent.core.adapter import TurnRequest
from agentrelay.agent.implementations.acp import AcpAdapter
from agentrelay.errors import AgentError

REQUEST = TurnRequest(
    task="t",
    cwd=Path("/w/sub"),
    env={"AGENT_KEY": "sk-secret"},
    prompt="Do it.",
    follow_up="Mend it.",
    session="s1",
    run=("agent", "--acp"),
    worktree=Path("/w"),
    writable=(Path("/git/objects"),),
    readable=(Path("/runs/1"),),
    commands=(("pytest", "-q"), "make check"),
)


def test_the_client_is_told_the_whole_turn_and_no_module_of_the_worktree_is_in_its_way() -> None:
    launch = AcpAdapter().launch(REQUEST)
    assert launch.argv[:4] == (sys.executable, "-P", "-m", "agentrelay.agent.acp")
    assert order_of(launch.argv[4:]) == Order(
        run=("agent", "--acp"),
        prompt="Do it.",
        follow_up="Mend it.",
        session="s1",
        worktree="/w",
        writable=("/git/objects",),
        readable=("/runs/1",),
        commands=(("pytest", "-q"), "make check"),
    )


def test_everything_is_allowed_only_where_the_graph_says_so() -> None:
    told = [AcpAdapter().launch(replace(REQUEST, bypass=free)).argv[4:] for free in (True, False)]
    assert [order_of(words).bypass for words in told] == [True, False]


def test_opencode_is_told_to_ask_unless_the_user_says_otherwise() -> None:
    name = "OPENCODE_PERMISSION"
    own = replace(REQUEST, env={name: "{}"})
    made = [AcpAdapter().launch(each).env for each in (REQUEST, own, replace(REQUEST, bypass=True))]
    assert [env.get(name) for env in made] == ['{"*": "ask", "read": "allow"}', None, None]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"run": None}, "no list as its `run`"),
        ({"run": "agent --acp"}, "no list as its `run`"),
        ({"home": Path("/home")}, "can't be isolated"),
    ],
)
def test_what_it_can_not_do_is_said(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(AgentError, match=message):
        AcpAdapter().launch(replace(REQUEST, **changes))
