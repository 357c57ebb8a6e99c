"""What is known and what can still be done after a supervisor or its folder came to harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.executor.scene import Scene, is_live, until

from agentrelay._shared.locks import is_held
from agentrelay.executor.core.executor import (
    Ended,
    Ending,
    Lost,
    NotStarted,
    Running,
    Slots,
    Start,
    Unclear,
)


def kill_supervisor(scene: Scene, folder: Path) -> None:
    supervisor = scene.supervisor(folder)
    os.kill(supervisor, 9)
    until(lambda: not is_live(supervisor), "the supervisor to die")


def orphaned(scene: Scene, script: str = "echo $$ > pid; exec sleep 300") -> tuple[Path, int]:
    folder = scene.start("a", script, slots=Slots("agents", 1))
    program = scene.pid_in("pid")
    kill_supervisor(scene, folder)
    return folder, program


def test_a_program_without_supervisor_runs_and_is_not_started_again(scene: Scene) -> None:
    folder, program = orphaned(scene)
    found = scene.look(folder)
    assert isinstance(found, Running)
    assert "lives on" in found.note
    assert scene.executor.start(scene.launch("a", "true")) is Start.ALREADY
    assert is_live(program)


def test_what_ended_without_supervisor_is_lost(scene: Scene) -> None:
    folder, program = orphaned(scene)
    os.kill(program, 9)
    until(lambda: scene.look(folder) == Lost(), "the lock to be free")
    assert scene.executor.start(scene.launch("a", "true")) is Start.ALREADY
    scene.executor.stop(folder, "nothing is left")
    assert scene.look(folder) == Lost()


def test_a_stop_ends_a_program_without_supervisor(scene: Scene) -> None:
    folder, program = orphaned(scene)
    scene.executor.stop(folder, "enough")
    assert not is_live(program)
    assert scene.outcome(folder).ending is Ending.STOPPED


def test_what_a_lost_program_left_behind_is_swept(scene: Scene) -> None:
    closed = "import os, time; os.closerange(0, 256); os.setsid(); time.sleep(300)"
    script = f"{sys.executable} -c '{closed}' & echo $! > stray; echo $$ > pid; wait"
    folder, program = orphaned(scene, script)
    stray = scene.pid_in("stray")
    other = scene.start("b", "sleep 300")
    os.kill(program, 9)
    until(lambda: scene.look(folder) == Lost(), "the lock to be free")
    assert is_live(stray)
    assert scene.executor.sweep(folder) == 1
    # In the middle of its exit it has no environment any more, and is not yet a zombie.
    until(lambda: not is_live(stray), "the stray to be gone")
    assert isinstance(scene.look(other), Running)


def test_a_sweep_spares_what_a_live_supervisor_has(scene: Scene) -> None:
    folder = scene.start("a", "echo $$ > pid; exec sleep 300")
    program = scene.pid_in("pid")
    assert scene.executor.sweep(folder) == 0
    assert is_live(program)


def test_one_key_in_two_folders_is_two_trees(scene: Scene) -> None:
    folder, _ = orphaned(scene)
    other = replace(scene.launch("b", "sleep 300"), key="turn/a")
    scene.executor.start(other)
    scene.executor.stop(folder, "enough")
    assert isinstance(scene.look(other.folder), Running)


def test_a_slot_is_free_when_its_supervisor_died(scene: Scene) -> None:
    orphaned(scene)
    assert scene.executor.has_slot(Slots("agents", 1))


def test_after_another_boot_it_is_lost(scene: Scene) -> None:
    folder = scene.start("a", "exit 0")
    scene.outcome(folder)
    until(lambda: not is_held(folder / "lock"), "the supervisor to leave")
    (folder / "outcome.json").unlink()
    rewrite(folder / "started", boot="another")
    assert scene.look(folder) == Lost()
    rewrite(folder / "started", machine="another")
    assert isinstance(scene.look(folder), Unclear)


def rewrite(path: Path, **changes: str) -> None:
    content = json.loads(path.read_text())
    content["supervisor"].update(changes)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"version": 1, "ending": "dreamt"}', "\xff"]
)
def test_an_unreadable_outcome_is_unclear(scene: Scene, content: str) -> None:
    folder = scene.start("a", "exit 0")
    scene.outcome(folder)
    (folder / "outcome.json").write_bytes(content.encode("latin-1"))
    assert isinstance(scene.look(folder), Unclear)


def test_a_newer_format_is_named(scene: Scene) -> None:
    folder = scene.start("a", "exit 0")
    scene.outcome(folder)
    (folder / "outcome.json").write_text('{"version": 2}')
    found = scene.look(folder)
    assert isinstance(found, Unclear)
    assert "version 2" in found.why


def test_a_pid_that_was_given_away_is_not_signalled(scene: Scene) -> None:
    folder, _ = orphaned(scene)
    with subprocess.Popen(["sleep", "300"]) as stranger:
        content = json.loads((folder / "started").read_text())
        content["supervisor"]["pid"] = stranger.pid
        (folder / "started").write_text(json.dumps(content))
        scene.executor.stop(folder, "enough")
        assert stranger.poll() is None
        stranger.kill()
    assert isinstance(scene.look(folder), Ended)


def test_a_starter_killed_before_the_supervisor_leaves_nothing(scene: Scene) -> None:
    launch = scene.launch("a", "exit 8")
    launch.folder.mkdir()
    (launch.folder / "launch.json").write_text("{}")
    (launch.folder / "stop").write_text("of no one")
    assert scene.look(launch.folder) == NotStarted()
    assert scene.executor.start(launch) is Start.STARTED
    assert scene.outcome(launch.folder).exit_code == 8


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="mounts a small disk")
def test_a_full_disk_delays_the_outcome_and_loses_nothing(scene: Scene) -> None:
    disk = scene.base / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("may not mount")
    try:
        launch = replace(
            scene.launch("a", "cat /dev/zero; echo $? > pid; exit 9"), folder=disk / "a"
        )
        assert scene.executor.start(launch) is Start.STARTED
        assert scene.pid_in("pid") == 1
        assert isinstance(scene.look(launch.folder), Running)
        (launch.folder / "output.log").write_bytes(b"")
        assert scene.outcome(launch.folder).exit_code == 9
    finally:
        scene.executor.stop(disk / "a", "the test has ended")
        until(lambda: subprocess.run(["umount", str(disk)], check=False).returncode == 0)
