"""A local executor with programs of the test's own, all of which are gone when the test ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from agentrelay._shared.clock import SystemClock
from agentrelay.executor.core.executor import Ended, Launch, Look, Lost, Outcome, Running, Start
from agentrelay.executor.implementations.local import LocalExecutor

DEADLINE = 30.0


def until(condition: Callable[[], object], what: str = "", seconds: float = DEADLINE) -> None:
    """Wait for a condition; fail after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what or condition}"
        time.sleep(0.01)


def is_live(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return sys.platform != "linux"


class Scene:
    """Starts shell lines or argvs, each in a folder named by the test."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.work = base / "work"
        self.work.mkdir(parents=True)
        self.executor = LocalExecutor(base / "runtime", SystemClock())
        self._made: list[Path] = []

    def launch(
        self,
        name: str,
        run: str | tuple[str, ...],
        env: Mapping[str, str] | None = None,
    ) -> Launch:
        """Return a launch in the folder ``name``; change it with dataclasses.replace."""
        argv = ("sh", "-c", run) if isinstance(run, str) else run
        folder = self.base / name
        self._made.append(folder)
        environ = {"PATH": os.environ["PATH"], **(env or {})}
        return Launch(folder=folder, argv=argv, cwd=self.work, env=environ, key=f"turn/{name}")

    def start(self, name: str, run: str | tuple[str, ...], **changes: Any) -> Path:
        """Start a program, its launch changed as given, and return its folder."""
        launch = replace(self.launch(name, run), **changes)
        assert self.executor.start(launch) is Start.STARTED
        return launch.folder

    def look(self, folder: Path) -> Look:
        return self.executor.look(folder)

    def supervisor(self, folder: Path) -> int:
        """Return the pid of a running program's supervisor."""
        found = self.look(folder)
        assert isinstance(found, Running), found
        return found.pid

    def outcome(self, folder: Path) -> Outcome:
        """Wait for the end of a program and return its outcome."""
        until(lambda: isinstance(self.look(folder), Ended | Lost), f"the end of {folder.name}")
        found = self.look(folder)
        assert isinstance(found, Ended), found
        return found.outcome

    def output(self, folder: Path) -> str:
        return (folder / "output.log").read_text()

    def pid_in(self, name: str) -> int:
        """Wait for a pid that a program writes to a file of its working folder."""
        file = self.work / name
        until(lambda: file.exists() and file.read_text().endswith("\n"), f"the file {name}")
        return int(file.read_text())

    def close(self) -> None:
        """End all that was started, and see that nothing of it is left."""
        for folder in self._made:
            self.executor.stop(folder, "the test has ended")
        for folder in self._made:
            until(lambda f=folder: not isinstance(self.look(f), Running), f"{folder.name} to stop")
            self.executor.sweep(folder)
