"""The executor of this machine: a detached supervisor for each launch, known by its folder."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from agentrelay._shared import atomic, locks
from agentrelay._shared.clock import Clock
from agentrelay._shared.identity import Liveness
from agentrelay._shared.liveness import liveness
from agentrelay.errors import ExecutorError, FormatError
from agentrelay.executor.core import records
from agentrelay.executor.core.executor import (
    Ended,
    Ending,
    Launch,
    Look,
    Lost,
    NotStarted,
    Outcome,
    Slots,
    Start,
)
from agentrelay.executor.implementations.allowances import Allowances
from agentrelay.executor.implementations.look import look_at
from agentrelay.executor.implementations.nursery import SCRIPT, Nursery
from agentrelay.executor.implementations.orphans import is_due
from agentrelay.executor.supervisor import ladder, main
from agentrelay.executor.supervisor.platforms import tree_of
from agentrelay.executor.supervisor.tree import Member

PATIENCE = 30.0
"""Seconds for which another's start of the same folder is waited for."""


class LocalExecutor:
    """Runs supervised programs on this machine. Safe from several threads and processes."""

    def __init__(self, runtime_dir: Path, clock: Clock, nursery: Path = SCRIPT) -> None:
        """Keep allowances below ``runtime_dir``, which all of the user's runs share.

        ``nursery`` is the script that becomes the nursery of supervisors.
        """
        self._allowances = Allowances(runtime_dir)
        self._nursery = Nursery(runtime_dir / "nursery.log", nursery)
        self._clock = clock

    def warm_up(self) -> None:
        """Start the nursery, unless it is there; ExecutorError where it can't be started."""
        self._nursery.warm_up()

    def close(self) -> None:
        """End the nursery; a further start has another one."""
        self._nursery.close()

    def start(self, launch: Launch) -> Start:
        """Start ``launch`` unless its folder was started before; return what was found or done.

        ExecutorError where the supervisor can't be started; then nothing runs.
        """
        launch = replace(launch, folder=launch.folder.absolute())
        _require_texts(launch)
        try:
            return self._start(launch)
        except OSError as error:
            message = f"a supervisor can't be started in {launch.folder}: {error.strerror}"
            raise ExecutorError(message, argv=launch.argv, cwd=launch.cwd) from error

    def look(self, folder: Path) -> Look:
        """Return what is true of the program of ``folder`` now, from the disk and the lock."""
        return look_at(folder)

    def stop(self, folder: Path, reason: str) -> None:
        """Ask that the program and its whole tree be ended; returns once asked.

        Where the supervisor is dead, what is left of its tree is ended here and now, and the
        outcome published in its place.
        """
        folder = folder.absolute()
        found = self.look(folder)
        if isinstance(found, Lost):
            self.sweep(folder)
        if isinstance(found, NotStarted | Ended | Lost) or not folder.is_dir():
            return
        atomic.publish(folder / records.STOP, reason or "stopped")
        started = records.load_started(folder)
        if started is None:
            return
        alive = liveness(started.supervisor)
        if alive is Liveness.ALIVE:
            member = Member(started.supervisor.pid, started.supervisor.start)
            tree_of("").send(member, signal.SIGTERM)
        elif alive is Liveness.DEAD:
            self._end_orphans(folder, started)

    def sweep(self, folder: Path) -> int:
        """End all processes that carry the marker of ``folder``'s launch; return how many.

        For what a dead supervisor left behind. A live supervisor is spared with all of its tree.
        """
        folder = folder.absolute()
        try:
            started = records.load_started(folder)
            marker = records.load_order(folder).marker
        except (FormatError, FileNotFoundError):
            return 0
        if started is None or liveness(started.supervisor) is not Liveness.DEAD:
            return 0
        return ladder.end_tree(tree_of(marker), 0, time.sleep)

    def tend(self, folder: Path) -> None:
        """End what a dead supervisor left, where it would have ended it by now.

        The end then shows as *lost*. A live supervisor is spared with all of its tree.
        """
        folder = folder.absolute()
        try:
            started = records.load_started(folder)
            order = records.load_order(folder)
        except (FormatError, FileNotFoundError):
            return
        if started is None or liveness(started.supervisor) is not Liveness.DEAD:
            return
        if is_due(folder, order, started, self._clock.now()):
            self.sweep(folder)

    def has_slot(self, slots: Slots) -> bool:
        """Tell whether an allowance of this kind is free just now."""
        return self._allowances.has_slot(slots)

    def _start(self, launch: Launch) -> Start:
        with ExitStack() as stack:
            lock = _claim(launch.folder)
            if lock is None:
                return Start.ALREADY
            stack.callback(os.close, lock)
            taken = self._allowances.take(launch)
            if taken is None:
                return Start.NO_SLOT
            for descriptor in taken:
                stack.callback(os.close, descriptor)
            (launch.folder / records.STOP).unlink(missing_ok=True)
            atomic.publish(launch.folder / records.LAUNCH, records.encode_launch(launch))
            return self._supervised(launch, [lock, *taken])

    def _supervised(self, launch: Launch, held: list[int]) -> Start:
        path = launch.folder / records.OUTPUT
        output = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            code = self._nursery.start(launch.folder, _environment(launch), output, held)
        finally:
            os.close(output)
        if code == main.STARTED:
            return Start.STARTED
        if code == main.ALREADY:
            return Start.ALREADY
        words = path.read_text("utf-8", "replace")[-4000:]
        message = f"the supervisor of {launch.folder} could not be started"
        # One that failed says why; one that says nothing was killed, and another one may not be.
        raise ExecutorError(message, argv=launch.argv, stderr=words, transient=not words)

    def _end_orphans(self, folder: Path, started: records.Started) -> None:
        survivors = self.sweep(folder)
        lock = locks.acquire(folder / records.LOCK)
        if lock is None:
            return
        try:
            outcome = Outcome(
                Ending.STOPPED, None, None, started.time, self._clock.now(), survivors
            )
            atomic.publish_once(folder / records.OUTCOME, records.encode_outcome(outcome))
        finally:
            os.close(lock)


def _claim(folder: Path) -> int | None:
    """Return the held lock of a folder that was never started, None where it was."""
    deadline = time.monotonic() + PATIENCE
    while True:
        lock = locks.acquire(folder / records.LOCK)
        if (folder / records.STARTED).exists():
            if lock is not None:
                os.close(lock)
            return None
        if lock is not None:
            return lock
        if time.monotonic() > deadline:
            message = f"another process has been starting {folder} for {PATIENCE:.0f} s"
            raise ExecutorError(message, transient=True)
        time.sleep(0.005)


def _environment(launch: Launch) -> Mapping[str, str]:
    return {**launch.env, records.KEY_VARIABLE: records.marker_of(launch.key, launch.folder)}


def _require_texts(launch: Launch) -> None:
    texts = [*launch.argv, *launch.env, *launch.env.values(), launch.key, str(launch.cwd)]
    if not launch.argv or any("\0" in text for text in texts):
        raise ExecutorError("an empty command or a NUL character can't be launched")
    if any("=" in name or not name for name in launch.env):
        raise ExecutorError("a variable of the environment has an empty name or a '=' in it")
