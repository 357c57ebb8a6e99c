"""The call of Claude Code: the least that can do the work, in the session of the turn before."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from agentrelay.agent.core.adapter import TurnRequest
from agentrelay.agent.implementations.claude import ClaudeAdapter
from agentrelay.errors import AgentError

ADAPTER = ClaudeAdapter()
SESSION = "0174a144-d974-4636-8d61-d9ef9f9f2b58"


@pytest.fixture
def request_(tmp_path: Path) -> TurnRequest:
    """Return the request of a task with a gate and a setup."""
    env = {"HOME": str(tmp_path), "AGENTRELAY_BIN": "/opt/my bin/agentrelay"}
    return TurnRequest(
        "t",
        Path("/w/tree/sub"),
        env,
        "Do it.",
        follow_up="Mend it.",
        run=("claude",),
        worktree=Path("/w/tree"),
        writable=(Path("/g/worktrees/x"), Path("/a")),
        readable=(Path("/r"),),
        commands=(("pytest", "-k", "a b"), "make check && echo ok"),
    )


def settings(argv: tuple[str, ...]) -> dict[str, list[str]]:
    return json.loads(argv[argv.index("--settings") + 1])["permissions"]


def test_it_may_edit_commit_call_and_run_what_will_judge_it(request_: TurnRequest) -> None:
    argv = ADAPTER.launch(request_).argv
    assert argv[argv.index("--permission-mode") + 1] == "dontAsk"
    allowed = settings(argv)["allow"]
    assert {
        "Edit(//w/tree/**)",
        "Edit(//a/**)",
        "Read(//r/**)",
        "Bash(git commit:*)",
        "Bash('/opt/my bin/agentrelay' task:*)",
        "Bash(pytest -k 'a b':*)",
        "Bash(make check && echo ok)",
    } <= set(allowed)
    assert not [rule for rule in allowed if rule in ("Bash", "Edit", "Bash(*)", "Edit(//r/**)")]
    assert "Bash(git push:*)" not in allowed


def test_a_session_is_gone_on_with_where_it_is_kept(request_: TurnRequest, tmp_path: Path) -> None:
    kept = tmp_path / ".claude" / "projects" / "-w-tree" / f"{SESSION}.jsonl"
    kept.parent.mkdir(parents=True)
    kept.touch()
    argv = ADAPTER.launch(replace(request_, session=SESSION)).argv
    assert argv[argv.index("--resume") + 1] == SESSION
    assert argv[-1] == "Mend it."
    # Its own folder has no such session.
    own = ADAPTER.launch(replace(request_, session=SESSION, home=tmp_path / "own")).argv
    assert "--resume" not in own
    assert own[-1] == "Do it."


def test_what_a_turn_may_cost_is_told(request_: TurnRequest) -> None:
    argv = ADAPTER.launch(replace(request_, cost_limit=2.5)).argv
    assert argv[argv.index("--max-budget-usd") + 1] == "2.5"
    assert "--max-budget-usd" not in ADAPTER.launch(request_).argv


def test_a_variable_that_the_graph_sets_is_left(request_: TurnRequest) -> None:
    env = {**request_.env, "CLAUDE_CODE_MAX_RETRIES": "9"}
    assert "CLAUDE_CODE_MAX_RETRIES" not in ADAPTER.launch(replace(request_, env=env)).env
    assert ADAPTER.launch(request_).env["DISABLE_AUTOUPDATER"] == "1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused")
def test_root_is_told_why_permissions_are_not_bypassed(request_: TurnRequest) -> None:
    with pytest.raises(AgentError, match="for root"):
        ADAPTER.launch(replace(request_, bypass=True))
