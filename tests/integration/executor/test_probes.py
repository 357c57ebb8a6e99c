"""Probes from elsewhere and after odd times: what can't be told is unknown, and nothing is ended.

A supervisor in another pid namespace stands for a repository that a container and its host share.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.integration.executor.scene import Scene, is_live, until

from agentrelay._shared.identity import Liveness
from agentrelay._shared.liveness import liveness
from agentrelay.executor.core.executor import (
    Bounds,
    Ended,
    Ending,
    Lost,
    Running,
    Start,
    Unclear,
)
from agentrelay.executor.core.records import load_started
from agentrelay.executor.implementations.look import REBOOTED

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
INSIDE = """
import os, sys
from pathlib import Path
from agentrelay._shared.clock import SystemClock
from agentrelay.executor.core.executor import Launch
from agentrelay.executor.implementations.local import LocalExecutor
base = Path(sys.argv[1])
executor = LocalExecutor(base / "inside", SystemClock())
line = "echo $$ > pid; while test ! -e over; do sleep 0.05; done; exit 7"
env = {"PATH": os.environ["PATH"]}
launch = Launch(base / "a", ("sh", "-c", line), base / "work", env, "turn/a")
print(executor.start(launch).value, flush=True)
sys.stdin.read()
"""


@ON_LINUX
def test_a_program_in_another_pid_namespace_is_seen_by_its_lock_and_spared(scene: Scene) -> None:
    argv = ["unshare", "-rpf", "--mount-proc", sys.executable, "-c", INSIDE, str(scene.base)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as container:
        assert container.stdin is not None
        assert container.stdout is not None
        said = container.stdout.readline()
        if not said:
            pytest.skip(f"no namespaces here: {container.communicate()[1]}")
        folder = scene.base / "a"
        scene.pid_in("pid")
        found = scene.look(folder)
        assert isinstance(found, Running)
        assert "can't be seen from here" in found.note
        started = load_started(folder)
        assert started is not None
        assert liveness(started.supervisor) is Liveness.UNKNOWN
        assert scene.executor.start(scene.launch("a", "true")) is Start.ALREADY
        assert scene.executor.sweep(folder) == 0
        (scene.work / "over").touch()
        until(lambda: isinstance(scene.look(folder), Ended), "its own end")
        ended = scene.look(folder)
        assert isinstance(ended, Ended)
        assert (ended.outcome.ending, ended.outcome.exit_code) == (Ending.EXITED, 7)
        container.communicate("")


def test_after_a_restart_of_the_machine_a_program_is_lost_and_says_why(scene: Scene) -> None:
    folder = _ended_without_word(scene)
    _rewrite(folder / "started", boot="the one before")
    found = scene.look(folder)
    assert found == Lost()
    assert isinstance(found, Lost)
    assert found.why == REBOOTED


def test_a_program_of_another_machine_is_unclear_and_neither_ended_nor_started(
    scene: Scene,
) -> None:
    folder = _ended_without_word(scene)
    _rewrite(folder / "started", boot="another", machine="another")
    assert isinstance(scene.look(folder), Unclear)
    scene.executor.stop(folder, "enough")
    assert isinstance(scene.look(folder), Unclear)
    assert scene.executor.start(scene.launch("a", "true")) is Start.ALREADY


def _ended_without_word(scene: Scene) -> Path:
    folder = scene.start("a", "echo $$ > pid; exec sleep 300")
    program, supervisor = scene.pid_in("pid"), scene.supervisor(folder)
    for pid in (supervisor, program):
        os.kill(pid, signal.SIGKILL)
    until(lambda: not is_live(supervisor) and scene.look(folder) == Lost(), "both to be gone")
    return folder


def _rewrite(path: Path, **changes: str) -> None:
    content = json.loads(path.read_text())
    content["supervisor"].update(changes)
    path.write_text(json.dumps(content))


@ON_LINUX
def test_a_pause_of_all_is_not_counted_as_idle_or_running_time(scene: Scene) -> None:
    """A machine that sleeps stops supervisor and program alike; both go on where they were."""
    line = "echo $$ > pid; read x < gate; exit 3"
    os.mkfifo(scene.work / "gate")
    folder = scene.start("a", line, bounds=Bounds(idle=3, wall=4))
    program, supervisor = scene.pid_in("pid"), scene.supervisor(folder)
    for pid in (supervisor, program):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(5)  # the pause itself: longer than both limits
    for pid in (program, supervisor):
        os.kill(pid, signal.SIGCONT)
    (scene.work / "gate").write_text("go on\n")
    outcome = scene.outcome(folder)
    assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 3)


def test_limits_are_counted_by_a_clock_that_leaves_out_sleep() -> None:
    """What the limits rely on: Linux and macOS leave a sleep out of these, and nobody sets them."""
    clock = time.get_clock_info("monotonic")
    assert clock.implementation in ("clock_gettime(CLOCK_MONOTONIC)", "mach_absolute_time()")
    assert not clock.adjustable
