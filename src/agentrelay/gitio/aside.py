"""Moving folders out of the way: set aside to keep, or into the trash, to be deleted later."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path


def set_aside(common_dir: Path, path: Path) -> Path:
    """Move ``path`` to a new place in the git folder, where nothing deletes it; return that."""
    return _move(path, common_dir / "agentrelay" / "set-aside")


def trash(folder: Path, path: Path) -> Path:
    """Move ``path`` into the trash ``folder`` under a new name, and return that."""
    return _move(path, folder)


def delete(common_dir: Path, path: Path) -> None:
    """Delete a folder of git's own at one stroke: a killed process leaves it whole, or nothing.

    What such a one left of another folder is deleted along with it.
    """
    rubbish = common_dir / "agentrelay" / "rubbish"
    _move(path, rubbish)
    empty(rubbish)


def empty(folder: Path) -> None:
    """Delete what is in the trash ``folder``, also what was made read-only.

    What can't be deleted, because it is another user's, say, stays for another time.
    """
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):
            _delete(entry)


def _delete(entry: os.DirEntry[str]) -> None:
    if not entry.is_dir(follow_symlinks=False):
        os.unlink(entry)
        return
    for parent, _, _ in os.walk(entry.path):
        os.chmod(parent, 0o700)
    shutil.rmtree(entry.path)


def _move(path: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{path.name}-{secrets.token_hex(6)}"
    shutil.move(path, target)
    return target
