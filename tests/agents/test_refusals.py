"""A refused turn waits and goes on: the same session, the same files, the same attempt."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.adapters.model_server.script import ALWAYS, Say, Status, Write
from tests.agents.conftest import AGENTS
from tests.agents.stage import LIMIT, ONE_TASK, Stage, done
from tests.integration.cli.scene import until


@pytest.mark.parametrize("agent", sorted(AGENTS))
def test_a_rate_limit_in_the_middle_costs_no_attempt_and_no_file(
    agent: str, make_stage: Callable[[str], Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage(agent)
    monkeypatch.setenv("CLAUDE_CODE_MAX_RETRIES", "1")
    steps = (Write("cart.txt", "apples\n"), done("wrote it"), Say("There."))
    script = stage.play("cart", "api", *steps, faults={1: [(Status(429, retry_after=1), ALWAYS)]})
    with stage.start(ONE_TASK) as process:
        try:
            until(lambda: f"waits for account {agent} until" in stage.call("status", "shop")[1])
            script.faults.clear()
            code, printed = stage.call("resume")
            assert (code, printed) == (0, f"account {agent} is tried again now\n")
            printed, _ = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
    assert process.returncode == 0, printed + stage.outputs()
    assert "(rate limited, told to task cart)" in printed
    assert stage.collected("cart")[0]["result"] == "rate_limited"
    assert stage.repo.show("cart.txt", "main") == "apples"
    first, second = stage.collected("cart")
    assert first["session"] == second["session"]
    # The edit was not asked for again: the second turn began behind it.
    assert len(stage.server.conversations("# Task cart\n")) >= 4
