"""Supervisors come from one nursery, and depend on it in nothing."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.executor.scene import Scene, is_live, until

from agentrelay._shared.clock import SystemClock
from agentrelay.executor.core.executor import Running, Start
from agentrelay.executor.implementations.local import LocalExecutor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the nursery in /proc")


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_killed_nursery_takes_nobody_with_it_and_is_replaced(scene: Scene) -> None:
    first = scene.start("a", "sleep 300")
    nursery = parent_of(scene.supervisor(first))
    os.kill(nursery, 9)
    until(lambda: not is_live(nursery), "the nursery to die")
    second = scene.start("b", "exit 4")
    assert scene.outcome(second).exit_code == 4
    assert isinstance(scene.look(first), Running)


def test_all_supervisors_of_an_executor_have_one_nursery(scene: Scene) -> None:
    pids = [scene.supervisor(scene.start(name, "sleep 300")) for name in ("a", "b")]
    assert len({parent_of(pid) for pid in pids}) == 1


def test_a_nursery_that_was_warmed_up_is_the_one(scene: Scene) -> None:
    executor = LocalExecutor(scene.base / "runtime", SystemClock())
    executor.warm_up()
    executor.warm_up()
    nurseries = set[int]()
    for name in ("a", "b"):
        launch = scene.launch(name, "sleep 300")
        assert executor.start(launch) is Start.STARTED
        nurseries.add(parent_of(scene.supervisor(launch.folder)))
    assert len(nurseries) == 1


def test_the_nursery_ends_with_its_executor_and_the_programs_go_on(scene: Scene) -> None:
    executor = LocalExecutor(scene.base / "runtime", SystemClock())
    launch = scene.launch("a", "sleep 300")
    assert executor.start(launch) is Start.STARTED
    nursery = parent_of(scene.supervisor(launch.folder))
    del executor
    until(lambda: not is_live(nursery), "the nursery to end")
    assert isinstance(scene.look(launch.folder), Running)


def test_a_huge_environment_arrives(scene: Scene) -> None:
    many = {f"V{number}": "x" * 100_000 for number in range(8)}
    launch = replace(scene.launch("a", 'echo "${#V0} ${#V7}"', env=many))
    assert scene.executor.start(launch) is Start.STARTED
    scene.outcome(launch.folder)
    assert scene.output(launch.folder) == "100000 100000\n"


def test_the_nursery_itself_knows_nothing_of_the_environment(scene: Scene) -> None:
    launch = scene.launch("a", "sleep 300", env={"SECRET": "s3cret"})
    assert scene.executor.start(launch) is Start.STARTED
    nursery = parent_of(scene.supervisor(launch.folder))
    assert Path(f"/proc/{nursery}/environ").read_bytes() == b"LC_ALL=C\0"
