"""A refused turn waits and goes on: the same session, the same files, the same attempt."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.adapters.model_server.script import ALWAYS, Say, Status, Write
from tests.agents.conftest import AGENTS
from tests.agents.stage import ONE_TASK, Stage, done


@pytest.mark.parametrize("agent", sorted(AGENTS))
def test_a_rate_limit_in_the_middle_costs_no_attempt_and_no_file(
    agent: str, make_stage: Callable[[str], Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage(agent)
    monkeypatch.setenv("CLAUDE_CODE_MAX_RETRIES", "1")
    steps = (Write("cart.txt", "apples\n"), done("wrote it"), Say("There."))
    script = stage.play("cart", "api", *steps, faults={1: [(Status(429), ALWAYS)]})
    code, printed = stage.run(ONE_TASK)
    assert code == 5, printed
    assert "rate limited: " in printed
    assert stage.collected("cart")[0]["result"] == "rate_limited"
    script.faults.clear()
    code, printed = stage.call("resume")
    assert code == 0, printed + stage.outputs()
    assert stage.repo.show("cart.txt", "main") == "apples"
    first, second = stage.collected("cart")
    assert first["session"] == second["session"]
    # The edit was not asked for again: the second turn began behind it.
    assert len(stage.server.conversations("# Task cart\n")) >= 4
