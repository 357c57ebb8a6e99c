"""How much of the disk agentrelay's folders take, counted within a time that one can wait."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

BLOCK = 512
"""Bytes of a block of ``st_blocks``, on every file system (stat(2))."""


@dataclass(frozen=True)
class DiskUse:
    """Bytes on the disk; ``is_whole`` is False where the time was up before all was counted."""

    bytes: int
    is_whole: bool


def disk_use(roots: Iterable[Path], *, seconds: float) -> DiskUse:
    """Return what lies below ``roots``; what vanishes meanwhile or can't be read counts nothing."""
    until = time.monotonic() + seconds
    total = 0
    folders = [str(root) for root in roots]
    while folders:
        if time.monotonic() > until:
            return DiskUse(total, is_whole=False)
        size, below = _of_folder(folders.pop())
        total += size
        folders += below
    return DiskUse(total, is_whole=True)


def _of_folder(folder: str) -> tuple[int, list[str]]:
    size = 0
    below: list[str] = []
    for entry in _entries(folder):
        with suppress(OSError):
            size += entry.stat(follow_symlinks=False).st_blocks * BLOCK
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.path)
    return size, below


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
