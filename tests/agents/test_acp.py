"""Agents that speak the Agent Client Protocol land two lanes, each through the same client."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.adapters.model_server.script import ALWAYS, Say, Script, Shell, Silence, Status, Write
from tests.agents.conftest import ACP
from tests.agents.stage import CART, GUIDE, LIMIT, ONE_TASK, TWO_LANES, Stage, done
from tests.agents.test_two_lanes import assert_no_key_in
from tests.integration.executor.scene import until

from agentrelay._shared import questions

KEYS = "env_allow: [ANTHROPIC_API_KEY, GEMINI_API_KEY, OPENAI_API_KEY]"


def with_keys(graph: str) -> str:
    """Return a graph whose agents get the keys that it names."""
    return graph.replace("max_attempts: 1,", f"max_attempts: 1, {KEYS},")


@pytest.mark.parametrize("agent", sorted(ACP))
def test_an_agent_lands_two_lanes_over_the_protocol(
    agent: str,
    make_stage: Callable[..., Stage],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("drivable", f"{agent} (acp)")
    stage = make_stage(agent, ACP[agent])
    # Gemini does not find a session again that began in the same minute: a fresh one is told.
    script = Script("# What an earlier session did", list(CART[4:]))
    stage.server.play(script, str(stage.repo.path / ".worktrees" / "shop" / "api"))
    stage.play("cart", "api", *CART)
    stage.play("guide", "docs", *GUIDE)
    code, printed = stage.run(with_keys(TWO_LANES))
    assert code == 0, printed
    landed = {"cart.txt", "price.txt", "guide.txt"}
    assert landed <= set(stage.repo.files("main")), printed

    first, second = stage.collected("cart")
    assert (first["summary"], second["summary"]) == ("wrote the cart", "priced it")
    assert (first["session"] == second["session"]) or agent == "gemini"
    asked = stage.server.conversations("# Task cart\n")
    assert any('gate "priced" is red' in text for text in asked[-1].texts)
    assert [made.get("usage") for made in (first, second)] == [USED.get(agent)] * 2
    assert "by the agent" in stage.repo.git("log", "--format=%s", "main")
    assert_no_key_in(stage.repo.path / ".workflow")
    record_property("driven", f"{agent} (acp)")


USED = {
    "claude-agent-acp": {"uncached": 400, "cache_read": 120, "cache_write": 80, "output": 28},
    "codex-acp": {"uncached": 480, "cache_read": 120, "cache_write": 0, "output": 28},
}
"""What an agent says of tokens, where it says what they are: four answers in each turn."""


@pytest.mark.parametrize("agent", ["claude-agent-acp", "gemini"])
def test_a_rate_limit_over_the_protocol_costs_no_attempt(
    agent: str, make_stage: Callable[..., Stage]
) -> None:
    stage = make_stage(agent, ACP[agent])
    steps = (Write("cart.txt", "apples\n"), done("wrote it"), Say("There."))
    script = stage.play("cart", "api", *steps, faults={1: [(Status(429), ALWAYS)]})
    code, printed = stage.run(with_keys(ONE_TASK))
    assert code == 5, printed
    assert "rate limited: " in printed
    script.faults.clear()
    code, printed = stage.call("resume")
    assert code == 0, printed + stage.outputs()
    assert stage.repo.show("cart.txt", "main") == "apples"


def test_what_the_work_does_not_need_is_refused_over_the_protocol(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage("claude-agent-acp", ACP["claude-agent-acp"])
    outside = stage.repo.path.parent / "outside.txt"
    steps = (Shell(f"curl {stage.server.url}/secret"), Write("../../../../outside.txt", "x"))
    stage.play("cart", "api", *steps, Say("I may not."))
    code, printed = stage.run(with_keys(ONE_TASK))
    assert code == 1, printed
    assert not outside.exists()
    assert not [each for each in stage.server.requests if each.path == "/secret"]
    (made,) = stage.collected("cart")
    assert made["result"] == "permission_denied"
    assert made["reason"].endswith(": I may not.")


def test_everything_is_allowed_where_the_graph_says_so(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage("gemini", ACP["gemini"])
    stage.worker += ", permissions: bypass"
    outside = stage.repo.path.parent / "outside.txt"
    steps = (Write("cart.txt", "x\n"), Shell(f"echo x > {outside}"), done("did it"), Say("There."))
    stage.play("cart", "api", *steps)
    code, printed = stage.run(with_keys(ONE_TASK))
    assert code == 0, printed
    assert outside.read_text() == "x\n"


@pytest.mark.parametrize("agent", ["claude-agent-acp", "gemini", "opencode"])
def test_an_agent_waits_for_a_person_over_the_protocol(
    agent: str, make_stage: Callable[..., Stage]
) -> None:
    stage = make_stage(agent, ACP[agent])
    stage.worker += ", permissions: ask"
    outside = stage.repo.path.parent / "outside.txt"
    steps = (Shell(f"touch {outside}"), Write("cart.txt", "x\n"), done("did it"), Say("There."))
    stage.play("cart", "api", *steps)
    turn = stage.repo.path / ".workflow/shop/runs/1/tasks/cart/attempts/1/turns/1"
    asked = turn / questions.FOLDER
    with stage.start(with_keys(ONE_TASK)) as run:
        try:
            until(lambda: bool(questions.open_questions(asked)), "a question", LIMIT)
            assert not outside.exists()
            while run.poll() is None:
                # Opencode asks for the folder, too.
                if questions.open_questions(asked):
                    code, printed = stage.call("answer", "cart", "allow")
                    assert code == 0, printed
                    assert "task cart may " in printed
                until(
                    lambda: run.poll() is not None or bool(questions.open_questions(asked)),
                    "the run's end",
                    LIMIT,
                )
            printed, _ = run.communicate()
        finally:
            run.kill()
    assert run.returncode == 0, printed + stage.outputs()
    assert outside.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the environments of processes")
@pytest.mark.parametrize("agent", sorted(ACP))
def test_a_cancelled_agent_is_told_so_and_leaves_no_process(
    agent: str, make_stage: Callable[..., Stage]
) -> None:
    stage = make_stage(agent, ACP[agent])
    silent = {1: [(Silence(), ALWAYS)]}
    stage.play("cart", "api", Shell("git status"), Say("There."), faults=silent)
    with stage.start(with_keys(ONE_TASK)) as run:
        try:
            until(
                lambda: len(stage.server.conversations("# Task cart\n")) > 1,
                "its second question",
                LIMIT,
            )
            assert processes_of(stage)
            code, printed = stage.call("cancel", "cart")
            assert code == 0, printed
            run.communicate(timeout=LIMIT)
        finally:
            run.kill()
    # Codex may need longer for its answer than it is given.
    assert '"stopReason": "cancelled"' in stage.outputs() or agent == "codex-acp"
    assert processes_of(stage) == []


def processes_of(stage: Stage) -> list[str]:
    """Return the processes that have the environment of a turn of this stage."""
    mark, found = f"AGENTRELAY_ATTEMPT_DIR={stage.repo.path}/".encode(), list[str]()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
    return found
