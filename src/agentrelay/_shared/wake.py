"""Ring a FIFO: a hint to whoever waits at its other end; the files are the truth.

Stdlib only and light, because the supervisor imports it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


def ring(fifo: Path) -> bool:
    """Put one byte into ``fifo`` and return whether somebody can read it; never blocks or fails.

    What is no FIFO is left alone: its folder may be written by an agent.
    """
    try:
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(fifo, flags)
    except OSError:
        return False
    try:
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return False
        os.write(descriptor, b"\n")
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def listen(fifo: Path) -> int | None:
    """Make ``fifo`` where it is missing and return a descriptor to poll, None where it can't be.

    The descriptor is open for writing too, so that it never reports the end of its writers.
    """
    try:
        if not _is_fifo(fifo):
            fifo.unlink(missing_ok=True)
            os.mkfifo(fifo, 0o600)
        flags = os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(fifo, flags)
    except OSError:
        return None


def drain(descriptor: int) -> None:
    """Take what is in a FIFO, so that polling it waits again."""
    try:
        while os.read(descriptor, 4096):
            pass
    except OSError:
        return


def _is_fifo(path: Path) -> bool:
    try:
        return stat.S_ISFIFO(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False
