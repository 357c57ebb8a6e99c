"""SIGKILL of a supervisor at each of its steps: nothing lives on, and no attempt is lost by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.faults.scene import living_in, until
from tests.gitrepo import TestRepo
from tests.integration.engine.scene import Scene
from tests.replays import assert_runs_replay

import agentrelay
from agentrelay.app.place import Place
from agentrelay.executor.implementations.local import LocalExecutor
from agentrelay.executor.implementations.runtime_dir import default_runtime_dir
from agentrelay.executor.supervisor.steps import Step

NURSERY = """\
import os, signal, sys
sys.path.append({source!r})
from agentrelay._shared import process
process.leave_to_child()
from agentrelay.executor.supervisor.nursery import serve

def listen(folder, step):
    if {where!r} in str(folder) and step.value == {step!r}:
        try:
            os.close(os.open({once!r}, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

serve(int(sys.argv[1]), listen)
"""
"""A nursery whose first supervisor of some folder kills itself at a step."""


@dataclass(frozen=True)
class Killing(Place):
    """A place whose supervisors are raised by another nursery."""

    nursery: Path = Path()

    def executor(self) -> LocalExecutor:
        return LocalExecutor(default_runtime_dir(self.environ), self.clock, self.nursery)


class KillingScene(Scene):
    """Runs graphs with a supervisor that is killed at one step, once."""

    def kill(self, where: str, step: Step) -> None:
        source = Path(agentrelay.__file__).parent.parent
        self.killed = self.base / "killed"
        script = NURSERY.format(
            source=str(source), where=where, step=step.value, once=str(self.killed)
        )
        (self.base / "nursery.py").write_text(script)

    @property
    def place(self) -> Place:
        place = super().place
        nursery = self.base / "nursery.py"
        return Killing(place.repo, place.environ, place.clock, place.flags, nursery=nursery)

    def starts(self) -> list[str]:
        return (self.base / "starts").read_text().splitlines()


@pytest.fixture
def scene(
    repo: TestRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KillingScene]:
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    made = KillingScene(repo, tmp_path)
    yield made
    made.close()
    assert_runs_replay(repo.path)


def graph_of(scene: KillingScene, last: str = "") -> None:
    starts = scene.base / "starts"
    scene.simple(
        f"echo turn >> {starts}\necho x > a.txt\n{last}",
        lane=f"auto_merge: true, setup: {{run: 'echo setup >> {starts}'}}",
        task=f"gates: [{{name: unit, run: 'echo gate >> {starts}; test -e a.txt'}}]",
    )


def assert_landed_without_loss(scene: KillingScene) -> None:
    assert scene.run().code == 0
    assert scene.killed.exists(), "no supervisor was killed"
    task = scene.task()
    # No attempt is burned: as many are left as after a first one that went well.
    assert task.attempt_limit - task.attempt == task.spec.max_attempts - 1
    assert scene.repo.show("a.txt", "main") == "x"
    assert scene.repo.git("log", "--format=%s", "main").count("Merge task a") == 1
    until(lambda: not living_in(scene.base), "all processes to end")


BEFORE_THE_PROGRAM = {Step.RAISED, Step.NOTED, Step.TOLD}


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("where", ["turns", "gates", "setup"])
def test_a_supervisor_that_is_killed_costs_no_attempt(
    scene: KillingScene, where: str, step: Step
) -> None:
    scene.kill(f"/{where}/", step)
    graph_of(scene)
    assert_landed_without_loss(scene)
    starts = scene.starts().count(where.rstrip("s"))
    is_sure = step in BEFORE_THE_PROGRAM or step is Step.SAID
    assert starts == 1 if is_sure else starts <= 2


@pytest.mark.parametrize("step", [Step.BEGUN, Step.ENDED, Step.EMPTIED])
def test_an_agent_that_said_done_is_done_whatever_became_of_its_supervisor(
    scene: KillingScene, step: Step
) -> None:
    scene.kill("/turns/", step)
    graph_of(scene, "SAY done")
    assert_landed_without_loss(scene)
    assert scene.starts().count("turn") == 1


def test_what_a_dead_supervisor_left_is_ended_with_its_limit(scene: KillingScene) -> None:
    scene.kill("/turns/", Step.BEGUN)
    graph_of(scene, f"if mkdir {scene.base}/first; then sleep 300; fi")
    graph = scene.base / f"{scene.name}.yaml"
    graph.write_text(
        graph.read_text().replace("max_attempts: 1", "max_attempts: 1, limits: {wall: 1s}")
    )
    assert_landed_without_loss(scene)
    assert scene.starts().count("turn") == 2


def test_a_gate_without_its_supervisor_is_run_again(scene: KillingScene) -> None:
    scene.kill("/gates/", Step.BEGUN)
    graph_of(scene)
    graph = scene.base / f"{scene.name}.yaml"
    hang = f"if mkdir {scene.base}/first; then sleep 300; fi; test -e a.txt"
    graph.write_text(graph.read_text().replace("test -e a.txt", hang))
    assert_landed_without_loss(scene)
    assert scene.starts().count("gate") == 2
