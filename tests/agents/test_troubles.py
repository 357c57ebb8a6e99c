"""Trouble around an agent at work: its orchestrator is killed, it is, its model says nothing."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.adapters.model_server.script import ALWAYS, Say, Shell, Silence, Write
from tests.agents.conftest import AGENTS, FURTHER, SHELL_LESS
from tests.agents.stage import GATED_TASK, TWO_LANES, Stage, done
from tests.faults.scene import living_in, until

SLOW = """\
# A gate, which the agent may run, too; for it, this is a long command that leaves something behind.
[ -n "$AGENTRELAY_TASK" ] || exit 0
setsid sleep 3000 < /dev/null > /dev/null 2>&1 &
head -c 3000000 /dev/zero | tr '\\0' x
echo
: > "$AGENTRELAY_ATTEMPT_DIR/begun"
while [ ! -e "$AGENTRELAY_ATTEMPT_DIR/go" ]; do sleep 0.1; done
"""

GATE = ("{name: priced, run: [grep, -q, price, price.txt]}", "{name: slow, run: [sh, slow.sh]}")
SLOW_TASK = GATED_TASK.replace(*GATE)
SLOW_AND_SILENT = TWO_LANES.replace(*GATE).replace("dependencies: [cart]", "limits: {idle: 8s}")
# Two of opencode that begin its database at once get into each other's way.
SLOW_AND_SILENT = SLOW_AND_SILENT.replace("name: shop\n", "name: shop\nmax_agents: 1\n", 1)

PATIENCE = 110.0
"""Seconds for an agent to start on a busy machine."""


def folder_of(stage: Stage) -> Path:
    return stage.repo.path / ".workflow/shop/runs/1/tasks/cart/attempts/1"


def play_slowly(stage: Stage) -> None:
    stage.repo.commit({"slow.sh": SLOW})
    steps = (Shell("sh slow.sh"), Write("cart.txt", "apples\n"), done("wrote it"), Say("There."))
    stage.play("cart", "api", *steps)


def wait_for_its_command(stage: Stage) -> None:
    until((folder_of(stage) / "agent" / "begun").exists, "its command", PATIENCE)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("agent", sorted(AGENTS))
def test_an_agent_works_on_while_its_orchestrator_is_killed_and_leaves_nothing_behind(
    agent: str, make_stage: Callable[[str], Stage]
) -> None:
    stage = make_stage(agent)
    play_slowly(stage)
    with stage.start(SLOW_TASK) as process:
        wait_for_its_command(stage)
        process.kill()
    assert living_in(stage.repo.path)
    before = len(stage.events())
    with stage.begin("resume") as resumed:
        until(lambda: len(stage.events()) > before, "the next orchestrator")
        (folder_of(stage) / "agent" / "go").touch()
        printed, _ = resumed.communicate(timeout=PATIENCE)
    assert resumed.returncode == 0, f"{printed}\n{stage.outputs()}"
    # One turn, which nobody started again, read to its end behind a line of three million bytes.
    (made,) = stage.collected("cart")
    assert (made["result"], made["summary"]) == ("done", "wrote it")
    assert made["session"]
    answered = [asked.answers for asked in stage.server.conversations("# Task cart\n")]
    assert len(answered) == len(set(answered))
    assert living_in(stage.repo.path) == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize("agent", sorted(AGENTS))
def test_an_agent_that_is_ended_and_one_that_hears_nothing_did_not_do_it(
    agent: str, make_stage: Callable[[str], Stage]
) -> None:
    stage = make_stage(agent)
    play_slowly(stage)
    stage.play("guide", "docs", Say("There."), faults={0: [(Silence(), ALWAYS)]})
    with stage.start(SLOW_AND_SILENT) as process:
        wait_for_its_command(stage)
        os.killpg(program_of(folder_of(stage) / "turns" / "1"), signal.SIGTERM)
        printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, printed
    (ended,) = stage.collected("cart")
    assert ended["result"] in ("crashed", "unknown", "failed"), printed
    (silent,) = stage.collected("guide")
    assert silent["result"] == "stalled", f"{silent}\n{stage.outputs()}"
    assert living_in(stage.repo.path) == []


def program_of(turn: Path) -> int:
    """Return the process of a turn's program, the one child of its supervisor."""
    supervisor = json.loads((turn / "started").read_bytes())["supervisor"]["pid"]
    (program,) = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return int(program)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("agent", sorted(FURTHER | SHELL_LESS))
def test_a_further_agent_that_is_cancelled_leaves_nothing_behind(
    agent: str, make_stage: Callable[[str], Stage]
) -> None:
    stage = make_stage(agent)
    if agent in SHELL_LESS:
        silent = {0: [(Silence(), ALWAYS)]}
        stage.play("cart", "api", Say("cart.txt"), chat=True, faults=silent)
    else:
        play_slowly(stage)
    begun = folder_of(stage) / "agent" / "begun"
    with stage.start(SLOW_TASK) as process:
        until(
            lambda: begun.exists() or (agent in SHELL_LESS and stage.server.requests),
            "what it is long at",
            PATIENCE,
        )
        assert living_in(stage.repo.path)
        code, printed = stage.call("cancel", "cart")
        assert code == 0, printed
        process.communicate(timeout=PATIENCE)
    assert "cart.txt" not in stage.repo.files("main")
    assert living_in(stage.repo.path) == []
