"""Commands that are no effects of a run, killed before each step: said again, all is as it was."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.faults.scene import Scratch, Server, small
from tests.faults.stepping import is_killed

from agentrelay.interfaces.cli.main import main

WORK = 'echo "by $AGENTRELAY_TASK of run $AGENTRELAY_RUN" > "$AGENTRELAY_TASK.txt"'
KEEP = "refs/agentrelay/keep/"


@dataclass(frozen=True)
class Killing:
    """A repository with two runs of a graph, which can be had again as it was."""

    scene: Scratch

    def steps_of(self, *argv: str) -> Iterator[int]:
        """Kill a command before each of its steps, each time in the repository as it was."""
        repo = self.scene.repo.path
        pristine = self.scene.base / "pristine"
        pipes = shutil.ignore_patterns("*.wake")
        shutil.copytree(repo, pristine, symlinks=True, ignore=pipes)
        step = 0
        while is_killed(lambda: self._call(*argv), step):
            yield step
            shutil.rmtree(repo)
            shutil.copytree(pristine, repo, symlinks=True)
            step += 1
        yield step

    def _call(self, *argv: str) -> None:
        output = os.open(self.scene.base / "output", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for descriptor in (1, 2):
            os.dup2(output, descriptor)
        os.chdir(self.scene.repo.path)
        os.environ.clear()
        os.environ.update(self.scene.environ())
        main(argv)


@pytest.fixture
def killing(tmp_path: Path) -> Iterator[Killing]:
    server = Server()
    scene = small(server, tmp_path / "s", WORK)
    for fresh in ((), ("--fresh",)):
        assert scene.run("run", "../g.yaml", "--yes", *fresh) == 0, scene.output()
    yield Killing(scene)
    server.close()


def test_a_gc_that_is_killed_drops_all_or_nothing_and_can_be_said_again(killing: Killing) -> None:
    scene = killing.scene
    before = scene.repo.refs(KEEP)
    after = {ref: oid for ref, oid in before.items() if not ref.startswith(f"{KEEP}shop/1/")}
    assert len(after) < len(before)
    states: list[dict[str, str]] = []
    for step in killing.steps_of("gc", "shop", "--yes"):
        states.append(scene.repo.refs(KEEP))
        assert states[-1] in (before, after), f"killed before step {step}"
        assert scene.run("gc", "shop", "--yes") == 0, scene.output()
        assert scene.repo.refs(KEEP) == after, f"killed before step {step}"
        assert scene.run("fsck") == 0, scene.output()
    assert before in states
    assert states[-1] == after


def test_work_is_given_back_by_a_recover_that_is_said_again(killing: Killing) -> None:
    scene = killing.scene
    name, oid = min(scene.repo.refs(f"{KEEP}shop/1/api/a").items())
    folder = scene.base / "back"
    argv = ("recover", name, "--branch", "back", "--worktree", str(folder))
    pins = scene.repo.refs(KEEP)
    met = 0
    for step in killing.steps_of(*argv):
        assert scene.run(*argv) == 0, f"killed before step {step}:\n{scene.output()}"
        assert scene.repo.head("back") == oid
        assert scene.repo.git("-C", str(folder), "rev-parse", "--abbrev-ref", "HEAD") == "back"
        assert scene.repo.git("-C", str(folder), "status", "--porcelain") == ""
        assert scene.repo.refs(KEEP) == pins
        shutil.rmtree(folder)
        met += 1
    assert met > 5
