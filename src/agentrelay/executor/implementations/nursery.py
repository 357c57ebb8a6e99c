"""Has supervisors started by a nursery, which is started when it is first needed, or before."""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

from agentrelay._shared import process
from agentrelay.errors import ExecutorError
from agentrelay.executor.supervisor import __file__ as supervisor_package
from agentrelay.executor.supervisor import errand as errands
from agentrelay.executor.supervisor.errand import Errand

TRIES = 2
"""A nursery that somebody has killed is replaced once for each start."""

SCRIPT = Path(supervisor_package or "").with_name("__main__.py")


class Nursery:
    """One nursery process, for as long as this object lives. Safe from several threads."""

    def __init__(self, log: Path, script: Path = SCRIPT) -> None:
        """Start nothing yet; what a nursery may have to say when it fails goes to ``log``.

        ``script`` becomes the nursery; only fault tests have one of their own.
        """
        self._log = log
        self._script = script
        self._guard = threading.Lock()
        self._channel: socket.socket | None = None

    def warm_up(self) -> None:
        """Start the nursery now, unless it is there."""
        with self._guard:
            self._require_channel()

    def close(self) -> None:
        """End the nursery, if there is one; its supervisors need it no more."""
        with self._guard:
            if self._channel is not None:
                self._channel.close()
                self._channel = None

    def start(
        self, folder: Path, environ: Mapping[str, str], output: int, held: Sequence[int]
    ) -> int | None:
        """Have the launch in ``folder`` supervised; return what the supervisor reports.

        ``output`` and ``held`` (the folder's lock, then allowances) go to the supervisor and stay
        open here. None where it ended without a report. ExecutorError where no nursery starts.
        """
        lock, *allowances = held
        for _ in range(TRIES):
            reader, writer = os.pipe()
            try:
                sent = Errand(str(folder), environ, writer, output, lock, tuple(allowances))
                channel = self._send(sent)
            finally:
                os.close(writer)
            try:
                report = os.read(reader, 1) if channel is not None else b""
            finally:
                os.close(reader)
            if report:
                return report[0]
            if channel is not None and not self._drop_if_dead(channel):
                return None
        return None

    def _send(self, errand: Errand) -> socket.socket | None:
        """Send an errand and return the channel that it went through, None where that broke."""
        with self._guard:
            channel = self._require_channel()
            try:
                errands.send(channel, errand)
            except OSError:
                self._channel = None
                channel.close()
                return None
            return channel

    def _drop_if_dead(self, channel: socket.socket) -> bool:
        with self._guard:
            if self._channel is not channel:
                return True
            poll = select.poll()
            poll.register(channel, select.POLLIN)
            if not poll.poll(0):
                return False
            self._channel = None
            channel.close()
            return True

    def _require_channel(self) -> socket.socket:
        if self._channel is None:
            ours, theirs = socket.socketpair()
            with theirs:
                self._log.parent.mkdir(parents=True, exist_ok=True)
                _spawn(self._script, theirs.fileno(), self._log)
            weakref.finalize(self, ours.close)
            self._channel = ours
        return self._channel


def _spawn(script: Path, descriptor: int, log: Path) -> None:
    argv = [sys.executable, "-I", "-S", "-X", "utf8", str(script), str(descriptor)]
    code = process.start_detached(
        argv,
        cwd=Path("/"),
        # Not the user's environment: a program gets its own, through its errand.
        env={"LC_ALL": "C"},
        output=log,
        pass_fds=[descriptor],
    )
    if code:
        message = f"the nursery of supervisors could not be started (exit code {code})"
        raise ExecutorError(message, argv=argv, returncode=code)
