"""A scenario of the crash tests: a graph, what its agents do, and what people do with it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.scene import PointName, Scratch, until
from tests.github_scene import put_on_github, variables
from tests.gitrepo import TestRepo, make_origin


@dataclass(frozen=True)
class Step:
    """A command line that ends with ``code``, or, with ``until``, is killed at that point.

    After a kill that was not planned people say ``resume``, or, with ``again``, the same once more.
    """

    argv: str
    code: int = 0
    until: PointName | None = None
    again: bool = False


Act = Callable[[Scratch], None]
"""What a person does to the repository between two commands."""


@dataclass(frozen=True)
class Scenario:
    """The lanes and tasks of a graph named ``shop``, its ``agent``, and what people do.

    ``tree`` are the files of the target branch at the end, ``settings`` those that it needs.
    """

    graph: str
    agent: str
    steps: tuple[Step | Act, ...]
    tree: dict[str, str]
    settings: dict[str, str] = field(default_factory=dict)


ASKER = Path(__file__).parents[1] / "adapters" / "acp_agent.py"
HEAD = f"""\
schema_version: 1
name: shop
agents:
  writer: {{adapter: command, run: [sh, BASE/agent.sh]}}
  asker: {{adapter: acp, run: ["{sys.executable}", "{ASKER}", BASE/part.json], permissions: ask}}
defaults: {{agent: writer}}
"""
AGENT = """\
note() { echo "$*" >> BASE/starts; }
work() { cat > "$1"; git hash-object "$1" >> BASE/written; }
BY='-c user.name=agent -c user.email=agent@example.invalid'
turn() {
    note "turn $AGENTRELAY_TASK $AGENTRELAY_ATTEMPT.$AGENTRELAY_TURN"
    other=$(cat "BASE/busy-$AGENTRELAY_WORKSTREAM" 2> BASE/tmp/none)
    if test -n "$other" && kill -0 "$other" 2> BASE/tmp/none; then
        note "two at once in $AGENTRELAY_WORKSTREAM"
    fi
    echo $$ > "BASE/busy-$AGENTRELAY_WORKSTREAM"
    at=$AGENTRELAY_TASK-$AGENTRELAY_ATTEMPT.$AGENTRELAY_TURN
}
"""
"""What the agents' shell has: ``work FILE`` writes its input and notes what may not be lost."""


def scene_of(scenario: Scenario, scene: Scratch, publish: str) -> Scratch:
    """Return ``scene`` with the scenario's graph, and with an origin unless nothing is pushed.

    With ``github`` that is a repository of the emulator's, where lanes land by pull requests.
    """
    base = str(scene.base)
    (scene.base / "agent.sh").write_text((AGENT + scenario.agent).replace("BASE", base))
    write_graph(scene, scenario.graph)
    scene.settings.update(scenario.settings)
    scene.settings["AGENTRELAY_PUBLISH"] = publish
    if publish != "none":
        make_origin(scene.repo, scene.base / "origin.git")
    if publish == GITHUB:
        emulator = scene.server.emulator
        put_on_github(emulator, scene.repo, scene.base / "origin.git", slug_of(scene))
        scene.settings |= variables(emulator)
        scene.settings |= {"AGENTRELAY_FORGE": GITHUB, "AGENTRELAY_PUBLISH": "all"}
    return scene


GITHUB = "github"


def slug_of(scene: Scratch) -> str:
    """Return the name that the scene's origin has on the emulator, if it is there."""
    return f"acme/play-{scene.base.name}"


def write_graph(scene: Scratch, graph: str) -> None:
    """Write the graph's file; ``graph`` are its lanes and tasks."""
    (scene.base / "g.yaml").write_text((HEAD + graph).replace("BASE", str(scene.base)))


def target(scene: Scratch) -> str:
    """Return the ref where lanes land: origin's branch where all is published."""
    return "origin/main" if scene.settings["AGENTRELAY_PUBLISH"] == "all" else "main"


def worktree(scene: Scratch, lane: str) -> TestRepo:
    return TestRepo(scene.repo.path / ".worktrees/shop" / lane)


def at_work(scene: Scratch, lane: str, name: str) -> None:
    """Wait until the agent in a lane has written a file."""
    until((worktree(scene, lane).path / name).exists, "the agent to work")


def let_go(scene: Scratch) -> None:
    """From now on agents that wait for it end by themselves."""
    (scene.base / "go").touch()


def commit_on_target(scene: Scratch, name: str) -> None:
    """Have a person commit a file on the target, and push it where lanes land at origin."""
    scene.repo.commit({name: "by a person\n"}, "a person's change")
    if target(scene) != "main":
        scene.repo.git("push", "--quiet", "origin", "main")


def add_to_target(scene: Scratch) -> None:
    """Somebody adds a file to the target, which stands in nobody's way."""
    commit_on_target(scene, "other.txt")
