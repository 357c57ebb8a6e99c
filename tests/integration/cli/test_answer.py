"""An agent that asks while it works: who answers, when nobody does, and what a crash changes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.integration.cli.scene import Scene, until

AGENT = Path(__file__).parents[2] / "adapters" / "acp_agent.py"


def asking(scene: Scene, *commands: str, within: str = "50s") -> list[str]:
    """Return the command line of a run whose agent asks for commands, and then does its task."""
    work = scene.repo.path / ".worktrees" / "shop" / "lane" / "work.txt"
    acts: list[dict[str, Any]] = [
        {"ask": {"toolCall": {"toolCallId": each, "kind": "execute", "title": each}}}
        for each in commands
    ]
    acts.append({"call": ["fs/write_text_file", {"path": str(work), "content": "done\n"}]})
    acts.append({"done": "wrote it"})
    part = scene.temporary / "part.json"
    part.write_text(json.dumps({"acts": acts, "heard": str(scene.temporary / "heard")}))
    run = json.dumps([sys.executable, str(AGENT), str(part)])
    graph = f"""name: shop
agents: {{w: {{adapter: acp, run: {run}, permissions: ask, answer_within: {within}}}}}
defaults: {{agent: w, max_attempts: 1}}
workstreams: [{{id: lane, auto_merge: true}}]
tasks: [{{id: work, workstream_id: lane, description: do it}}]
"""
    return ["run", scene.graph(graph), "--yes"]


def chosen(scene: Scene) -> list[str]:
    """Return what the agent's questions were answered with."""
    lines = (scene.temporary / "heard").read_text().splitlines()
    results = [message["result"] for message in map(json.loads, lines) if "result" in message]
    return [result["outcome"]["optionId"] for result in results if "outcome" in result]


def is_asked(scene: Scene, count: int = 1) -> bool:
    return sum(event["type"] == "turn.asked" for event in scene.events("shop")) == count


def test_a_person_answers_and_the_agent_goes_on(scene: Scene) -> None:
    run = scene.start(*asking(scene, "npm ci", "curl x"))
    until(lambda: is_asked(scene), "the agent to ask")
    shown = scene.call("status", "shop")
    assert "work (permission): permission to run npm ci, until " in shown.out
    assert "agentrelay answer shop/work --question 1 allow" in shown.out
    given = scene.call("answer", "work", "allow")
    assert (given.code, given.out) == (0, "task work may run npm ci\n"), given.err
    until(lambda: is_asked(scene, 2), "the agent to ask again")
    assert scene.call("answer", "shop/work", "deny", "--question", "1").code == 2
    assert scene.call("answer", "shop/work", "deny", "--question", "2").code == 0
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0, out + err
    assert "waits for a person: permission to run npm ci" in err
    assert chosen(scene) == ["yes", "no"]
    assert "work.txt" in scene.repo.files("main")
    assert "denied: run curl x (denied by" in scene.call("show", "work").out


def test_question_and_answer_outlive_whoever_carries_the_run_on(scene: Scene) -> None:
    run = scene.start(*asking(scene, "npm ci"))
    until(lambda: is_asked(scene), "the agent to ask")
    run.kill()
    run.wait()
    given = scene.call("answer", "work", "allow")
    assert given.code == 0, given.err
    until(lambda: chosen(scene) == ["yes"], "the agent to have its answer")
    assert scene.call("resume", "shop").code == 0
    assert "work.txt" in scene.repo.files("main")
    assert scene.intents("shop", "attempt.start") == 1


def test_one_that_nobody_answers_is_denied_and_the_run_ends(scene: Scene) -> None:
    done = scene.call(*asking(scene, "npm ci", within="1s"))
    assert done.code == 0, done.err
    assert "nobody answered in time" in done.err
    assert chosen(scene) == ["no"]
    assert "denied: run npm ci (nobody answered within 1s)" in scene.call("show", "work").out
    late = scene.call("answer", "work", "allow")
    assert (late.code, "asks nothing now" in late.err) == (2, True)


def test_what_was_asked_while_nobody_looked_can_be_answered(scene: Scene) -> None:
    os.mkfifo(gate := scene.temporary / "gate")
    line = asking(scene, "npm ci")
    part = scene.temporary / "part.json"
    slow = json.loads(part.read_text())
    slow["acts"].insert(0, {"read": str(gate)})
    part.write_text(json.dumps(slow))
    run = scene.start(*line)
    heard = scene.temporary / "heard"
    until(lambda: heard.exists() and "session/prompt" in heard.read_text(), "the prompt")
    run.kill()
    run.wait()
    gate.write_text("go")
    turn = scene.repo.path / ".workflow/shop/runs/1/tasks/work/attempts/1/turns/1"
    until((turn / "questions" / "1.json").exists, "the agent to ask")
    assert not is_asked(scene)
    assert "--question 1 allow" in scene.call("status", "shop").out
    assert scene.call("answer", "work", "deny").code == 0
    until(lambda: chosen(scene) == ["no"], "the agent to have its answer")
    assert scene.call("resume", "shop").code == 0
