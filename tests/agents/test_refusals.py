"""A refused turn waits and goes on: the same session, the same files, the same attempt."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.adapters.model_server.script import ALWAYS, Cut, Fault, Say, Status, Write
from tests.agents.conftest import AGENTS
from tests.agents.stage import LIMIT, ONE_TASK, Stage, done
from tests.faults.scene import until

STEPS = (Write("cart.txt", "apples\n"), done("wrote it"), Say("There."))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("agent", [*sorted(AGENTS), "qwen"])
def test_refusals_in_the_middle_cost_no_attempt_and_no_file(
    agent: str, make_stage: Callable[[str], Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage(agent)
    monkeypatch.setenv("CLAUDE_CODE_MAX_RETRIES", "1")
    script = stage.play("cart", "api", *STEPS, faults={1: limited(agent)})
    with stage.start(ONE_TASK) as process:
        try:
            until_collected(stage, "rate_limited")
            script.faults[1] = [(OVERLOADED.get(agent, Status(529)), ALWAYS)]
            go_on(stage)
            until_collected(stage, "rate_limited", "overloaded")
            script.faults[1] = [(Status(401), ALWAYS)]
            go_on(stage)
            printed, _ = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
    assert process.returncode == 5, printed + stage.outputs()
    assert "(rate limited, told to task cart)" in printed

    script.faults[1] = [(Cut(), 1)]
    refused = ["rate_limited", "overloaded", "authentication"]
    with stage.begin("resume") as process:
        try:
            if agent in GIVING_UP:
                refused.append("overloaded")
                until_collected(stage, *refused)
                go_on(stage)
            printed, _ = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
    assert process.returncode == 0, printed + stage.outputs()
    made = stage.collected("cart")
    assert [each["result"] for each in made] == [*refused, "done"]
    assert made[-1]["summary"] == "wrote it"
    assert len({each["session"] for each in made}) == 1
    assert stage.repo.show("cart.txt", "main") == "apples"


GIVING_UP = ("gemini",)
"""Agents that do not ask again by themselves where an answer was cut off."""

OVERLOADED = {"opencode": Status(529, retry_after=0), "qwen": Status(503, retry_after=1)}
"""What is told to agents that would try for a minute and more where no time is told."""


def limited(agent: str) -> list[tuple[Fault, int]]:
    """Return a rate limit: told with a time, and then without where the agent soon gives up."""
    timed = Status(429, retry_after=1)
    return [(timed, ALWAYS)] if agent in OVERLOADED else [(timed, 1), (Status(429), ALWAYS)]


def until_collected(stage: Stage, *results: str) -> None:
    """Wait until the task's turns came to this."""
    until(
        lambda: [made["result"] for made in stage.collected("cart")] == list(results),
        f"a turn that is {results[-1]}",
        LIMIT,
    )


def go_on(stage: Stage) -> None:
    """Have the task try its account again, before its time."""
    code, printed = stage.call("resume")
    assert code == 0, printed
    assert printed.endswith(" is tried again now\n")
