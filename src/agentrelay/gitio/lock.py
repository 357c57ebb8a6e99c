"""Locks around git: ours for the whole repository, and git's own where a dead git left them.

git can't run ``worktree add`` and ``remove``, configuration, fetch and packing beside each other
in one repository, so all of ours wait for one lock.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from agentrelay._shared import locks

PATIENCE = 1.0
"""Seconds for which a lock file must stay the same before its git counts as dead."""


@contextmanager
def repository_lock(common_dir: Path) -> Generator[None, None, None]:
    """Hold the repository's lock during the block, waiting for it; not re-entrant."""
    with locks.held(common_dir / "agentrelay" / "git.lock"):
        yield


@contextmanager
def landing_lock(common_dir: Path) -> Generator[None, None, None]:
    """Hold, waiting for it, what keeps two landings out of one worktree; not re-entrant."""
    with locks.held(common_dir / "agentrelay" / "landing.lock"):
        yield


def clear_stale_locks(paths: Iterable[Path], *, patience: float = PATIENCE) -> list[Path]:
    """Remove those lock files of git that outlive ``patience`` seconds; return them.

    For refs and worktrees that only we write: a living git holds such a lock for milliseconds.
    """
    seen = {path: inode for path in paths if (inode := _inode(path)) is not None}
    deadline = time.monotonic() + patience
    while seen and time.monotonic() < deadline:
        time.sleep(0.02)
        seen = {path: inode for path, inode in seen.items() if _inode(path) == inode}
    for path in seen:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    return list(seen)


def _inode(path: Path) -> int | None:
    try:
        return os.lstat(path).st_ino
    except (FileNotFoundError, NotADirectoryError):
        return None
