"""Advisory file locks (flock): held by a process and whoever inherits the descriptor.

A held lock is the strongest proof of life there is: the kernel drops it with the last holder.
Stdlib only and light, because the supervisor imports it. Not for network file systems.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

LOOKS = 1.0
"""Seconds for which those who only look at a lock may keep others from it: one may be stopped."""


def acquire(path: Path, *, wait: bool = False) -> int | None:
    """Take the lock at ``path`` and return its descriptor, or None where somebody holds it.

    The descriptor is not inheritable; make it so with ``os.set_inheritable`` to let a child hold
    the lock too. Closing the last descriptor releases the lock; the file itself stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return _lock(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), wait=wait)


def acquire_folder(folder: Path) -> int | None:
    """Take the lock of a folder itself and return its descriptor, or None where it is held."""
    return _lock(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), wait=False)


def _lock(descriptor: int, *, wait: bool) -> int | None:
    try:
        deadline = time.monotonic() + LOOKS
        while not _flock(descriptor, fcntl.LOCK_EX, wait=wait):
            # Those who only look share the lock for a moment; a holder shares it with nobody.
            is_held = not _flock(descriptor, fcntl.LOCK_SH, wait=False)
            if is_held or time.monotonic() > deadline:
                os.close(descriptor)
                return None
            time.sleep(0.001)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _flock(descriptor: int, how: int, *, wait: bool) -> bool:
    try:
        fcntl.flock(descriptor, how | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def is_held(path: str | os.PathLike[str]) -> bool:
    """Tell whether some live process holds the lock at ``path``; never blocks."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _flock(descriptor, fcntl.LOCK_SH, wait=False)
    finally:
        os.close(descriptor)


def sign(descriptor: int) -> None:
    """Write into the lock whose descriptor this is that the calling process holds it."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def signed_by(path: Path) -> int | None:
    """Return the id of the process that last signed the lock at ``path``; None where none did."""
    try:
        words = path.read_text("ascii").split()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return int(words[0]) if words and words[0].isdecimal() else None


@contextmanager
def held(path: Path) -> Generator[None]:
    """Hold the lock at ``path`` for the duration of the block, waiting for it."""
    descriptor = acquire(path, wait=True)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
