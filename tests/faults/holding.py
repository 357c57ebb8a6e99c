"""The command line as a process of its own, with agents that work until they are told to end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.scene import Scratch, Server, living_in, small, started, until

HOLDS_UNTIL_TOLD = """\
while test -e BASE/hold; do sleep 0.02; done; echo "by $AGENTRELAY_TASK" > "$AGENTRELAY_TASK.txt"\
"""


@contextmanager
def holding(tmp_path: Path) -> Generator[Scratch]:
    """Give a repository whose agents work for as long as the file ``hold`` is there."""
    server = Server()
    made = small(server, tmp_path / "s", HOLDS_UNTIL_TOLD.replace("BASE", str(tmp_path / "s")))
    (made.base / "hold").touch()
    yield made
    server.close()
    (made.base / "hold").unlink(missing_ok=True)
    until(lambda: not living_in(made.base), "all processes of the test to end")


def begin(scene: Scratch, *argv: str) -> subprocess.Popen[bytes]:
    """Start the command line as a process of its own and wait until the first agent works."""
    process = started(argv, scene.repo.path, scene.environ(), scene.base / "output")
    until((scene.base / "starts").exists, "the first agent to work")
    return process


def run(scene: Scratch) -> subprocess.Popen[bytes]:
    return begin(scene, "run", "../g.yaml", "--yes")


def kill(process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> int:
    os.kill(process.pid, number)
    return process.wait(30)


def supervisor(scene: Scratch, task: str = "a") -> int:
    (started,) = (scene.repo.path / ".workflow/shop/runs/1/tasks" / task).rglob("started")
    return int(json.loads(started.read_text())["supervisor"]["pid"])
