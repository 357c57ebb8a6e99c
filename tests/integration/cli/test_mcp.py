"""Agents with `mcp: true` make their calls by the run's MCP server, also after a restart."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from tests.integration.cli.scene import Scene, until

ROOT = Path(__file__).parents[3]
AGENT = Path(__file__).with_name("mcp_agent.py")


class Agents:
    """What the agents of a run are to call, and are answered."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.folder = folder
        folder.mkdir()
        scene.repo.git("config", "user.name", "Test User")
        scene.repo.git("config", "user.email", "test@example.invalid")

    def call(self, task: str, *calls: tuple[str, dict[str, Any]]) -> None:
        (self.folder / f"{task}.json").write_text(json.dumps(calls))

    def graph(self, more: str = "") -> str:
        run = json.dumps([sys.executable, str(AGENT), str(self.folder)])
        env = json.dumps({"PYTHONPATH": str(ROOT)})
        return self.scene.graph(
            f"name: g\nagents: {{w: {{adapter: claude, mcp: true, run: {run}, env: {env}}}}}\n"
            "defaults: {agent: w, max_attempts: 1}\n"
            "workstreams: [{id: lane, auto_merge: true}]\n"
            f"tasks:\n  - {{id: first, workstream_id: lane, description: do it}}\n{more}"
        )

    def go(self) -> None:
        (self.folder / "go").touch()

    def said(self, task: str) -> list[str]:
        return json.loads((self.folder / f"{task}.said").read_text())

    def collected(self, task: str) -> dict[str, Any]:
        (found,) = (
            event["data"]
            for event in self.scene.events("g")
            if event["type"] == "effect.done" and event["task"] == task
            if event["data"]["kind"] == "turn.collect"  # type: ignore[index] - of such events it is one
        )
        return found  # type: ignore[return-value] - likewise


@pytest.fixture
def agents(scene: Scene, tmp_path: Path) -> Agents:
    return Agents(scene, tmp_path / "agents")


def is_up(url: str) -> bool:
    try:
        urlopen(url, timeout=50).close()
    except URLError as error:
        # A refusal comes from a server that is there.
        return hasattr(error, "code")
    return True


def test_agents_do_their_tasks_by_tools_alone(agents: Agents) -> None:
    agents.call("first", ("note", {"text": "see x"}), ("done", {"summary": "laid it"}))
    agents.call("second", ("result", {"task": "first"}), ("fail", {"reason": "no way"}))
    agents.go()
    second = "  - {id: second, workstream_id: lane, description: go on, dependencies: [first]}\n"
    done = agents.scene.call("run", agents.graph(second), "--yes")
    assert done.code == 1, done.err
    first = agents.collected("first")
    assert (first["summary"], first["notes"]) == ("laid it", ["see x"])
    read, failed = agents.said("second")
    assert json.loads(read)["summary"] == "laid it"
    assert failed == "fail of task second noted"
    assert "second (failed): no way" in done.err


def test_an_agent_finds_its_tools_again_after_a_kill(agents: Agents) -> None:
    agents.call("first", ("done", {"summary": "laid it"}))
    process = agents.scene.start("run", agents.graph(), "--yes")
    told = agents.folder / "first.url"
    until(lambda: told.exists() and told.read_text(), "the agent to work")
    url = told.read_text()
    until(lambda: is_up(url), "the server to answer")
    process.kill()
    process.wait()
    until(lambda: not is_up(url), "the server to end with its orchestrator")
    again = agents.scene.start("resume", "g")
    until(lambda: is_up(url), "the server to be there again")
    agents.go()
    _, printed = again.communicate(timeout=60)
    assert again.returncode == 0, printed
    assert agents.said("first") == ["done of task first noted"]
    assert agents.collected("first")["summary"] == "laid it"
    assert not is_up(url)
