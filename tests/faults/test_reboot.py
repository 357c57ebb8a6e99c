"""The machine is restarted, or the run is looked at from another: nothing is guessed."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

from tests.faults.holding import begin, kill, run, supervisor
from tests.faults.scene import Scratch, living_in, until

from agentrelay.app.place import open_place

LOCK_HELD = 6


def power_off(scene: Scratch) -> None:
    """End all processes at once, and let what they noted be of the boot before."""
    kill(run(scene))
    until(lambda: started(scene).exists(), "the supervisor to begin")
    # The supervisor first, so that it can't note how its program ended.
    os.kill(supervisor(scene), signal.SIGKILL)
    while living := [words for words in living_in(scene.base) if "crash_server" not in words]:
        for words in living:
            with suppress(ProcessLookupError):
                os.kill(int(words.split()[0]), signal.SIGKILL)
    rewrite(started(scene), boot="the one before")


def started(scene: Scratch) -> Path:
    return scene.repo.path / ".workflow/shop/runs/1/tasks/a/attempts/1/turns/1/started"


def rewrite(path: Path, **changes: str) -> None:
    content = json.loads(path.read_text())
    content["supervisor"].update(changes)
    path.write_text(json.dumps(content))


def test_after_a_restart_of_the_machine_status_says_so_and_the_run_goes_on(
    scene: Scratch,
) -> None:
    power_off(scene)
    assert scene.run("status") == 0
    said = scene.output()
    assert "interrupted: agentrelay resume --all" in said
    assert "gone without an outcome: a; the machine was restarted" in said
    (scene.base / "hold").unlink()
    assert scene.run("resume", "shop") == 0, scene.output()
    task = scene.snapshot().tasks["a"]
    # The attempt that the restart ended does not count.
    assert task.attempt_limit - task.attempt == task.spec.max_attempts - 1
    assert scene.repo.show("a.txt", "main") == "by a"


def test_what_another_machine_may_be_running_is_not_run_here(scene: Scratch) -> None:
    power_off(scene)
    holder = open_place(scene.repo.path, scene.environ()).folders("shop").holder
    content = json.loads(holder.read_text())
    holder.write_text(json.dumps(content | {"machine": "elsewhere", "boot": "another"}))
    assert scene.run("resume", "shop") == LOCK_HELD
    assert "may be run on another machine (elsewhere)" in scene.output()
    assert holder.exists()
    holder.unlink()
    (scene.base / "hold").unlink()
    assert scene.run("resume", "shop") == 0, scene.output()


def test_an_agent_of_another_machine_is_waited_for_by_name_and_not_started_again(
    scene: Scratch,
) -> None:
    power_off(scene)
    rewrite(started(scene), boot="another", machine="elsewhere")
    (scene.base / "hold").unlink()
    scene.run("status")
    assert "waits until it is known whether its program runs" in scene.output()
    assert "started on another machine (elsewhere)" in scene.output()
    resumed = begin(scene, "resume", "shop")
    try:
        until(lambda: "started on another machine (elsewhere)" in tail(scene), "the run to say so")
        assert scene.starts()["turn a 1"] == 1
    finally:
        kill(resumed)


def tail(scene: Scratch) -> str:
    return scene.output().rpartition("goes on\n")[2]
