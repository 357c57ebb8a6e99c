"""Nothing of a program outlives its outcome, however it hides; and nobody else is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.executor.scene import Scene, is_live, until

from agentrelay.executor.core.executor import Ending

HIDDEN = {
    "background": "sleep 300 & echo $! > pid",
    "closed outputs": "sleep 300 <&- >&- 2>&- & echo $! > pid",
    "own session": "setsid sh -c 'echo $$ > pid; exec sleep 300' &",
    "double fork": "(setsid sh -c '(sh -c \"echo \\$\\$ > pid; exec sleep 300\" &)' &)",
    "deaf to asking": "(trap '' TERM; setsid sh -c 'echo $$ > pid; while :; do sleep 1; done' &)",
    "no marker": "env -i PATH=\"$PATH\" setsid sh -c 'echo $$ > pid; exec sleep 300' &",
}
WAIT = "until [ -s pid ]; do sleep 0.01; done"

DAEMON = """
import os, sys, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
os.closerange(0, 256)
fd = os.open("pid", os.O_WRONLY | os.O_CREAT)
os.write(fd, b"%d\\n" % os.getpid())
os.close(fd)
time.sleep(300)
"""


@pytest.mark.parametrize("script", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_is_left_after_a_normal_exit_is_ended(scene: Scene, script: str) -> None:
    folder = scene.start("a", f"{script}\n{WAIT}; exit 0")
    outcome = scene.outcome(folder)
    assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 0)
    assert outcome.survivors >= 1
    assert not is_live(scene.pid_in("pid"))


def test_a_daemon_that_closed_everything_is_ended(scene: Scene) -> None:
    (scene.work / "daemon.py").write_text(DAEMON)
    folder = scene.start("a", f"{sys.executable} daemon.py; {WAIT}; exit 4")
    assert scene.outcome(folder).exit_code == 4
    assert not is_live(scene.pid_in("pid"))


def test_a_stop_ends_a_tree_that_ignores_being_asked(scene: Scene) -> None:
    script = "trap '' INT TERM; sh -c 'echo $$ > pid; while :; do sleep 1; done' & wait; wait"
    folder = scene.start("a", script)
    child = scene.pid_in("pid")
    scene.executor.stop(folder, "enough")
    outcome = scene.outcome(folder)
    assert (outcome.ending, outcome.exit_code, outcome.signal) == (Ending.STOPPED, None, 9)
    assert not is_live(child)


def test_a_program_that_saves_when_interrupted_has_time_for_it(scene: Scene) -> None:
    folder = scene.start(
        "a", "trap 'echo saved; exit 5' INT; echo $$ > pid; while :; do sleep 0.1; done"
    )
    scene.pid_in("pid")
    scene.executor.stop(folder, "enough")
    outcome = scene.outcome(folder)
    assert (outcome.ending, outcome.exit_code) == (Ending.STOPPED, 5)
    assert scene.output(folder) == "saved\n"


def test_a_stopped_process_is_ended_too(scene: Scene) -> None:
    folder = scene.start("a", "sh -c 'echo $$ > pid; kill -STOP $$' &\n" + WAIT + "; exit 0")
    assert scene.outcome(folder).ending is Ending.EXITED
    assert not is_live(scene.pid_in("pid"))


def test_other_programs_live_on(scene: Scene) -> None:
    with subprocess.Popen(["sleep", "300"]) as stranger:
        other = scene.start("b", "sleep 300")
        scene.outcome(scene.start("a", "sleep 300 & exit 0"))
        assert stranger.poll() is None
        assert scene.supervisor(other)
        stranger.kill()


def test_the_last_words_of_a_process_substitution_are_kept(scene: Scene) -> None:
    folder = scene.start("a", "(sleep 0.05; echo last words) & echo first; exit 0")
    outcome = scene.outcome(folder)
    assert scene.output(folder) == "first\nlast words\n"
    assert outcome.survivors == 0


OF_THE_C_LIBRARY = 0b11 << 31
"""Signals 32 and 33, which the C library keeps for its threads (nptl(7)): not ours to set."""


def test_a_program_starts_with_ordinary_signals_and_descriptors(scene: Scene) -> None:
    script = "yes | head -1; readlink /proc/self/fd/0; grep -E 'Sig(Blk|Ign)' /proc/self/status"
    folder = scene.start("a", script)
    scene.outcome(folder)
    lines = scene.output(folder).splitlines()
    if sys.platform != "linux":
        pytest.skip("what a program inherits is read from /proc")
    assert lines[:2] == ["y", "/dev/null"]
    masks = [int(line.split()[1], 16) & ~OF_THE_C_LIBRARY for line in lines[2:]]
    assert masks == [0, 0]


def test_a_stopped_supervisor_folder_that_vanishes_ends_the_tree(scene: Scene) -> None:
    folder = scene.start("a", "echo $$ > pid; exec sleep 300")
    program, supervisor = scene.pid_in("pid"), scene.supervisor(folder)
    gone = folder.rename(Path(f"{folder}.gone"))
    os.kill(supervisor, 1)  # a hint only: without it the next look, some seconds later, does
    until(lambda: not is_live(supervisor), "the supervisor to leave")
    assert not is_live(program)
    assert not folder.exists()
    assert not (gone / "outcome.json").exists()


def test_a_terminal_that_closes_ends_nothing(scene: Scene) -> None:
    os.mkfifo(scene.work / "gate")
    folder = scene.start("a", "echo $$ > pid; read x < gate; exit 6")
    scene.pid_in("pid")
    for signal in (1, 2, 3):
        os.kill(scene.supervisor(folder), signal)
    (scene.work / "gate").write_text("go on\n")
    assert scene.outcome(folder).exit_code == 6
