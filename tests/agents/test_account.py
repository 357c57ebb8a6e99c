"""What an agent may use of the user's, and what it may do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.adapters.model_server.script import Say, Shell, Write
from tests.agents.stage import ONE_TASK, Stage, done


@pytest.mark.parametrize(
    ("agent", "sessions"), [("claude", "projects/*/*.jsonl"), ("gemini", ".gemini/tmp/*/chats/*")]
)
def test_an_isolated_agent_keeps_its_settings_and_sessions_with_its_attempt(
    agent: str, sessions: str, make_stage: Callable[[str], Stage]
) -> None:
    stage = make_stage(agent)
    stage.worker = f"{stage.worker}, isolated: true"
    stage.play("cart", "api", Write("cart.txt", "apples\n"), done("wrote it"), Say("There."))
    code, printed = stage.run(ONE_TASK)
    assert code == 0, printed
    home = stage.repo.path / ".workflow/shop/runs/1/tasks/cart/attempts/1/home"
    assert home.stat().st_mode & 0o777 == 0o700
    assert list(home.glob(sessions))
    assert not list(Path(os.environ["HOME"]).glob(f"**/{sessions}"))


@pytest.mark.parametrize(
    ("agent", "denied"),
    [("claude", "Bash, Write"), ("gemini", "run_shell_command"), ("opencode", "bash, write")],
)
def test_what_the_work_does_not_need_is_denied_and_said(
    agent: str, denied: str, make_stage: Callable[[str], Stage]
) -> None:
    stage = make_stage(agent)
    outside = stage.repo.path.parent / "outside.txt"
    steps = (Shell(f"curl {stage.server.url}/secret"), Write("../../../../outside.txt", "x"))
    stage.play("cart", "api", *steps, Say("I may not."))
    code, printed = stage.run(ONE_TASK)
    assert code == 1, printed
    assert not outside.exists()
    assert not [each for each in stage.server.requests if each.path == "/secret"]
    (made,) = stage.collected("cart")
    assert made["result"] == "permission_denied"
    assert made["reason"] == f"it was denied {denied}: I may not."
