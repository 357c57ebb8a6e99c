"""What every executor does, for the local executor with real programs and for the fake."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
from tests.adapters.fake_executor import FakeExecutor
from tests.integration.executor.scene import Scene, until

from agentrelay.executor.core.executor import (
    Ended,
    Ending,
    Executor,
    Launch,
    NotStarted,
    Outcome,
    Running,
    Slots,
    Start,
)

ONE = Slots("agents", 1)


class World(Protocol):
    """An executor, and programs that run until the test says how they end."""

    @property
    def executor(self) -> Executor: ...
    def launch(self, name: str) -> Launch: ...
    def finish(self, folder: Path, exit_code: int) -> None: ...


class LocalWorld:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.executor: Executor = scene.executor

    def launch(self, name: str) -> Launch:
        gate = self.scene.work / f"{name}.gate"
        if not gate.exists():
            os.mkfifo(gate)
        return self.scene.launch(name, f"read code < {gate}; exit $code")

    def finish(self, folder: Path, exit_code: int) -> None:
        with (self.scene.work / f"{folder.name}.gate").open("w") as gate:
            gate.write(f"{exit_code}\n")


class FakeWorld:
    def __init__(self, base: Path) -> None:
        self.base = base
        self.executor = FakeExecutor()

    def launch(self, name: str) -> Launch:
        return Launch(self.base / name, ("true",), self.base, {}, f"turn/{name}")

    def finish(self, folder: Path, exit_code: int) -> None:
        self.executor.finish(folder, exit_code)


@pytest.fixture(params=["local", "fake"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "fake":
        yield FakeWorld(tmp_path)
        return
    scene = Scene(tmp_path / "scene")
    yield LocalWorld(scene)
    scene.close()


def outcome_of(world: World, launch: Launch) -> Outcome:
    until(lambda: isinstance(world.executor.look(launch.folder), Ended), "an outcome")
    found = world.executor.look(launch.folder)
    assert isinstance(found, Ended)
    return found.outcome


def test_a_folder_in_which_nothing_was_started_says_so(world: World) -> None:
    launch = world.launch("a")
    assert world.executor.look(launch.folder) == NotStarted()
    world.executor.stop(launch.folder, "nothing runs")
    assert world.executor.look(launch.folder) == NotStarted()


def test_a_program_runs_and_then_its_exit_code_is_known(world: World) -> None:
    launch = world.launch("a")
    assert world.executor.start(launch) is Start.STARTED
    assert isinstance(world.executor.look(launch.folder), Running)
    world.finish(launch.folder, 3)
    outcome = outcome_of(world, launch)
    assert (outcome.ending, outcome.exit_code, outcome.signal) == (Ending.EXITED, 3, None)
    assert outcome.started <= outcome.ended


def test_a_folder_is_started_once_and_never_again(world: World) -> None:
    launch = world.launch("a")
    assert world.executor.start(launch) is Start.STARTED
    assert world.executor.start(launch) is Start.ALREADY
    world.finish(launch.folder, 0)
    ended = outcome_of(world, launch)
    assert world.executor.start(launch) is Start.ALREADY
    assert world.executor.look(launch.folder) == Ended(ended)


def test_a_stop_ends_the_program_and_is_harmless_afterwards(world: World) -> None:
    launch = world.launch("a")
    world.executor.start(launch)
    world.executor.stop(launch.folder, "enough")
    world.executor.stop(launch.folder, "enough")
    ended = outcome_of(world, launch)
    assert ended.ending is Ending.STOPPED
    world.executor.stop(launch.folder, "enough")
    assert world.executor.look(launch.folder) == Ended(ended)


def test_a_stop_does_not_reach_another_program(world: World) -> None:
    one, other = world.launch("a"), world.launch("b")
    world.executor.start(one)
    world.executor.start(other)
    world.executor.stop(one.folder, "enough")
    outcome_of(world, one)
    assert isinstance(world.executor.look(other.folder), Running)


def test_no_more_programs_run_than_there_are_slots(world: World) -> None:
    one, other = (replace(world.launch(name), slots=ONE) for name in "ab")
    assert world.executor.has_slot(ONE)
    assert world.executor.start(one) is Start.STARTED
    assert not world.executor.has_slot(ONE)
    assert world.executor.start(other) is Start.NO_SLOT
    assert world.executor.look(other.folder) == NotStarted()
    world.finish(one.folder, 0)
    outcome_of(world, one)
    assert world.executor.has_slot(ONE)
    assert world.executor.start(other) is Start.STARTED


def test_slots_of_another_kind_or_a_higher_limit_are_free(world: World) -> None:
    one, other, third = (world.launch(name) for name in "abc")
    world.executor.start(replace(one, slots=ONE))
    assert world.executor.start(replace(other, slots=Slots("gates", 1))) is Start.STARTED
    assert world.executor.start(replace(third, slots=Slots("agents", 2))) is Start.STARTED


def test_an_exclusive_name_is_held_by_one_program(world: World) -> None:
    one, other, third = (world.launch(name) for name in "abc")
    world.executor.start(replace(one, exclusive="data base/x"))
    beside = replace(other, exclusive="data base/x", slots=ONE)
    assert world.executor.start(beside) is Start.NO_SLOT
    assert world.executor.has_slot(ONE)
    assert world.executor.start(replace(third, exclusive="another")) is Start.STARTED
    world.executor.stop(one.folder, "enough")
    outcome_of(world, one)
    assert world.executor.start(beside) is Start.STARTED
