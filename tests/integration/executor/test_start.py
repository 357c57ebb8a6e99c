"""Starting: once for each folder, whoever tries; with the given environment, kept off the disk."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.executor.scene import Scene

from agentrelay._shared.clock import SystemClock
from agentrelay.errors import ExecutorError
from agentrelay.executor.core.executor import Ending, NotStarted, Slots, Start
from agentrelay.executor.implementations.local import LocalExecutor

SECRET = "s3cret-of-the-user"


def test_of_many_starters_exactly_one_starts_the_program(scene: Scene) -> None:
    launch = scene.launch("a", "echo $$ >> ran; sleep 300")
    executors = [LocalExecutor(scene.base / "runtime", SystemClock()) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda executor: executor.start(launch), executors))
    assert sorted(start.value for start in found) == ["already"] * 19 + ["started"]
    scene.pid_in("ran")
    scene.executor.stop(launch.folder, "enough")
    scene.outcome(launch.folder)
    assert len((scene.work / "ran").read_text().splitlines()) == 1


def test_of_many_starters_for_one_slot_exactly_one_gets_it(scene: Scene) -> None:
    launches = [
        replace(scene.launch(f"a{i}", "sleep 300"), slots=Slots("agents", 1)) for i in range(8)
    ]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(scene.executor.start, launches))
    assert sorted(start.value for start in found) == ["no_slot"] * 7 + ["started"]


def test_the_environment_reaches_the_program_whole_and_no_file(scene: Scene) -> None:
    launch = scene.launch("a", "env > seen", env={"SECRET": SECRET, "EMPTY": "", "LANG": "C"})
    scene.executor.start(launch)
    folder = launch.folder
    scene.outcome(folder)
    seen = dict(line.split("=", 1) for line in (scene.work / "seen").read_text().splitlines())
    assert seen.pop("AGENTRELAY_KEY").startswith("turn/a:")
    expected = {"PATH": os.environ["PATH"], "SECRET": SECRET, "EMPTY": "", "LANG": "C"}
    assert {name: seen[name] for name in expected} == expected
    assert set(seen) - set(expected) <= {"PWD", "OLDPWD", "SHLVL", "_"}
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {"launch.json", "started", "outcome.json"} <= {file.name for file in files}
    assert not [file for file in files if SECRET.encode() in file.read_bytes()]


def test_a_program_that_does_not_exist_says_so(scene: Scene) -> None:
    folder = scene.start("a", ("no-such-program", "x"))
    outcome = scene.outcome(folder)
    assert (outcome.ending, outcome.exit_code) == (Ending.NOT_STARTED, None)
    assert "no-such-program: No such file or directory" in scene.output(folder)


def test_a_working_folder_that_does_not_exist_says_so(scene: Scene) -> None:
    folder = scene.start("a", "true", cwd=scene.base / "nowhere")
    assert scene.outcome(folder).ending is Ending.NOT_STARTED
    assert "No such file or directory" in scene.output(folder)


def test_a_program_that_exits_with_127_was_started(scene: Scene) -> None:
    outcome = scene.outcome(scene.start("a", "exit 127"))
    assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 127)


def test_a_program_that_kills_itself_shows_the_signal(scene: Scene) -> None:
    outcome = scene.outcome(scene.start("a", "kill -SEGV $$"))
    assert (outcome.ending, outcome.exit_code, outcome.signal) == (Ending.EXITED, None, 11)


def test_megabytes_of_binary_output_are_kept_to_the_byte(scene: Scene) -> None:
    script = "import os, sys; sys.stdout.buffer.write(bytes(range(256)) * 32768)"
    folder = scene.start("a", (sys.executable, "-c", script))
    assert scene.outcome(folder).exit_code == 0
    assert (folder / "output.log").read_bytes() == bytes(range(256)) * 32768


def test_odd_arguments_arrive_unchanged(scene: Scene) -> None:
    odd = ("a b", "", "ü\udcff", "$HOME;`x`", "new\nline")
    script = "import os, sys; open('seen', 'wb').write(b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
    folder = scene.start("ä b", (sys.executable, "-X", "utf8", "-c", script, *odd))
    assert scene.outcome(folder).exit_code == 0
    assert (scene.work / "seen").read_bytes() == "\0".join(odd).encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("argv", "env"),
    [((), {}), (("a\0b",), {}), (("true",), {"A": "x\0"}), (("true",), {"A=B": "x"})],
)
def test_what_no_system_can_start_is_refused(
    scene: Scene, argv: tuple[str, ...], env: dict[str, str]
) -> None:
    launch = scene.launch("a", argv, env=env)
    with pytest.raises(ExecutorError):
        scene.executor.start(launch)
    assert scene.look(launch.folder) == NotStarted()


def test_a_folder_that_cannot_be_made_is_an_error_and_holds_no_slot(scene: Scene) -> None:
    (scene.base / "file").write_text("")
    one = Slots("agents", 1)
    launch = replace(scene.launch("a", "true"), folder=scene.base / "file" / "a", slots=one)
    with pytest.raises(ExecutorError):
        scene.executor.start(launch)
    assert scene.executor.has_slot(one)


def test_a_refused_start_can_be_repeated_with_another_launch(scene: Scene) -> None:
    launch = scene.launch("a", "echo first")
    (launch.folder / "output.log").mkdir(parents=True)
    with pytest.raises(ExecutorError):
        scene.executor.start(launch)
    (launch.folder / "output.log").rmdir()
    assert scene.executor.start(scene.launch("a", "echo second")) is Start.STARTED
    scene.outcome(launch.folder)
    assert scene.output(launch.folder) == "second\n"


def test_the_end_rings_the_wake(scene: Scene) -> None:
    wake = scene.base / "wake"
    os.mkfifo(wake)
    descriptor = os.open(wake, os.O_RDWR | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    folder = scene.start("a", "exit 0", wake=wake)
    assert os.read(descriptor, 1)
    os.close(descriptor)
    assert (folder / "outcome.json").exists()


def test_a_starter_of_another_process_is_enough(scene: Scene, tmp_path: Path) -> None:
    launch = scene.launch("a", "exit 7")
    code = f"""
from pathlib import Path
from agentrelay._shared.clock import SystemClock
from agentrelay.executor.core.executor import Launch
from agentrelay.executor.implementations.local import LocalExecutor
import os, signal
LocalExecutor(Path({str(tmp_path)!r}), SystemClock()).start(
    Launch(Path({str(launch.folder)!r}), ("sh", "-c", "sleep 0.3; exit 7"), Path("/"),
           {dict(launch.env)!r}, "turn/a"))
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -9
    assert scene.outcome(launch.folder).exit_code == 7
