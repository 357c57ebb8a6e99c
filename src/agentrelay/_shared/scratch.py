"""Folders that are needed for a moment, in the system's folder for such; those of the dead go, too.

A process that is killed leaves its own. Who lives holds a lock on it, so a pid that another
container gives once more deceives nobody.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from agentrelay._shared import locks

PREFIX = "agentrelay-scratch-"


@contextmanager
def scratch() -> Generator[Path]:
    """Give a new and empty folder, which is deleted after the block."""
    folder, lock = _make()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep() -> None:
    """Delete the folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        # Another user's can't be opened; one that is gone by now needs nothing.
        with contextlib.suppress(OSError):
            lock = locks.acquire_folder(folder)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _make() -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        # Who sweeps may have been faster than the lock.
        with contextlib.suppress(FileNotFoundError):
            lock = locks.acquire_folder(folder)
            if lock is not None and folder.exists():
                return folder, lock
