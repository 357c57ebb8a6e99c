"""Signal files: facts in a folder, each a file named after a status, from which it is derived."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from agentrelay._shared import atomic


def publish_signal(folder: Path, name: str, content: str = "") -> None:
    """Put the signal ``name`` into ``folder``, which is made if missing.

    Another process sees the signal with its whole content, or does not see it yet.
    """
    atomic.publish(folder / name, content)


def read_signal(folder: Path, name: str) -> str | None:
    """Return the signal's content, or None where there is no such signal."""
    try:
        return (folder / name).read_bytes().decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return None


def furthest(folder: Path, order: Sequence[str]) -> str | None:
    """Return the last of ``order`` whose signal is in ``folder``, or None where none is."""
    try:
        with os.scandir(folder) as entries:
            present = {entry.name for entry in entries if entry.is_file()}
    except (FileNotFoundError, NotADirectoryError):
        return None
    return next((name for name in reversed(order) if name in present), None)


def withdraw_signals(folder: Path, names: Iterable[str]) -> None:
    """Remove these signals; those that are not there are no error."""
    for name in names:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(folder / name)
