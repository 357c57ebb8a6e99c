"""Repairs what a killed ``git worktree add`` or ``remove`` left, losing nothing.

A half-made worktree can break git for the whole repository. What only a broken worktree holds is
pinned, its files are set aside, and nothing is removed but what git itself had not yet filled.
All of this runs under the repository's lock.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from agentrelay._shared import atomic
from agentrelay.errors import GitError
from agentrelay.gitio.admin import Admin, admins_of, claimed, linked_admin, unclaimed
from agentrelay.gitio.aside import delete, set_aside
from agentrelay.gitio.keep import pin_commit
from agentrelay.gitio.lock import PATIENCE
from agentrelay.gitio.preserve import preserve_abandoned
from agentrelay.gitio.reach import unreachable
from agentrelay.gitio.refs import resolve
from agentrelay.gitio.repository import Repository
from agentrelay.gitio.snapshot import folder_snapshot


def clear_way(repo: Repository, path: Path, branch: str) -> Admin | None:
    """Return the worktree's admin folder if it is healthy; else make ``path`` free for a new one.

    ``branch`` exists; what differs from it is pinned under its name.
    """
    for folder in unclaimed(repo.common_dir, path):
        _remove_abandoned(folder)
    _reconnect_moved(repo, path)
    found = admins_of(repo.common_dir, path)
    if len(found) == 1 and found[0].healthy:
        return found[0]
    for broken in found:
        salvage_admin(repo, broken, f"{_lane(branch)}/salvaged")
    _salvage_files(repo, path, branch)
    return None


def _remove_abandoned(folder: Path) -> None:
    """Remove an admin folder that its git never got to fill; a living git does that at once."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if claimed(folder) is not None or not folder.exists():
            return
        time.sleep(0.02)
    shutil.rmtree(folder)


def _reconnect_moved(repo: Repository, path: Path) -> None:
    """Reconnect a worktree after the repository's folder was moved or copied together with it.

    Not by ``git worktree repair``: in a copy it follows the old link, and breaks the original.
    """
    link = linked_admin(path)
    if link is None or admins_of(repo.common_dir, path):
        return
    folder = repo.common_dir / "worktrees" / link.folder.name
    claim = claimed(folder)
    if claim is not None and not _is_used_from(claim, folder):
        atomic.publish(folder / "gitdir", f"{path / '.git'}\n")
        atomic.publish(path / ".git", f"gitdir: {folder}\n")


def _is_used_from(worktree: Path, folder: Path) -> bool:
    """Tell whether the admin ``folder`` is that of a worktree which is there."""
    link = linked_admin(worktree)
    return link is not None and link.folder.resolve() == folder.resolve()


def salvage_admin(repo: Repository, admin: Admin, name: str) -> None:
    """Pin the commits that perhaps only this broken admin folder knows, and take it away."""
    head = admin.head
    commit = resolve(repo.git, head) if head is not None else None
    if commit is not None:
        pin_commit(repo.git, f"{name}-head", commit)
    for operation, oid in admin.operation_commits():
        if unreachable(repo.git, [oid]):
            pin_commit(repo.git, f"{name}-{operation}", oid)
    preserve_abandoned(repo.git, admin, name)
    if admin.ready:
        set_aside(repo.common_dir, admin.folder)
    else:
        delete(repo.common_dir, admin.folder)


def _salvage_files(repo: Repository, path: Path, branch: str) -> None:
    """Pin and set aside the files of a worktree that git no longer knows."""
    if not os.path.lexists(path):
        return
    dot_git = path / ".git"
    if path.is_dir() and not path.is_symlink() and not dot_git.is_dir():
        content = set(os.listdir(path)) - {".git"}
        if not content:
            dot_git.unlink(missing_ok=True)
            return
        # Setting aside deletes nothing, so a pin that fails (a file that can't be read) stops
        # nothing either.
        with contextlib.suppress(GitError):
            message = f"agentrelay: files found at {path.name}"
            commit = folder_snapshot(repo.git, repo.common_dir, path, branch, message)
            pin_commit(repo.git, f"{_lane(branch)}/salvaged", commit)
    set_aside(repo.common_dir, path)


def _lane(branch: str) -> str:
    """Return where a lane's pins go that belong to no run."""
    name = branch.removeprefix("agentrelay/").removesuffix("/integration")
    graph, _, lane = name.partition("/")
    return f"{graph}/_lanes/{lane}"
