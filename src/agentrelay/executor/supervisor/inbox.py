"""What wakes a supervisor: a signal, an agent's call, the end of its program, or time.

Signals only set marks here; they are acted on in the supervisor's one line of work.
"""

from __future__ import annotations

import math
import os
import select
import signal
from types import FrameType

from agentrelay._shared import wake

_MARKED = (
    signal.SIGCHLD,
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    # Ignored by Python, which a program would inherit; one with a function is reset for it.
    signal.SIGPIPE,
    signal.SIGXFSZ,
)


class Inbox:
    """Waits for events; knows whether a stop was signalled and how the program ended."""

    def __init__(self) -> None:
        """Take over the process's signals. Made once, before the program starts."""
        self.stopped = False
        self.main: int | None = None
        self.status: int | None = None
        self._poll = select.poll()
        self._signals, writer = os.pipe()
        for descriptor in (self._signals, writer):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in _MARKED:
            signal.signal(number, self._mark)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        self._fifos = [self._signals]
        self._poll.register(self._signals, select.POLLIN)

    def listen(self, descriptor: int) -> None:
        """Wake also when the FIFO ``descriptor`` is rung."""
        self._fifos.append(descriptor)
        self._poll.register(descriptor, select.POLLIN)

    def wait(self, seconds: float) -> None:
        """Return after an event, at most after ``seconds``; ended children are reaped then."""
        self._poll.poll(max(0, math.ceil(seconds * 1000)))
        for descriptor in self._fifos:
            wake.drain(descriptor)
        self._reap()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.main:
                self.status = os.waitstatus_to_exitcode(status)

    def _mark(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            self.stopped = True
