"""Worktrees of ours: providing, reading, removing."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from agentrelay._shared import atomic, locks
from agentrelay.errors import GitError, IgnoredFilesError, RefMovedError
from agentrelay.gitio import aside
from agentrelay.gitio.admin import LOCK_REASON, READY, Admin, admins_of, claimed, linked_admin
from agentrelay.gitio.checkout import update_submodules
from agentrelay.gitio.ignored import files_at, pin_ignored, too_much
from agentrelay.gitio.lock import clear_stale_locks, repository_lock
from agentrelay.gitio.preserve import Keep, preserve, preserve_abandoned, preserve_head
from agentrelay.gitio.refs import RefUpdate, resolve, update_refs
from agentrelay.gitio.repository import Repository, at_worktree
from agentrelay.gitio.salvage import clear_way, salvage_admin
from agentrelay.gitio.status import (
    ARGUMENTS,
    WITH_IGNORED,
    WorktreeState,
    ignored_paths,
    parse_status,
)

OUR_BRANCHES = "agentrelay/"
TRASH = ".trash"
_ADD = ("worktree", "add", "--no-checkout", "--lock", "--reason", LOCK_REASON)


def prepare(repo: Repository, path: Path, branch: str, start_oid: str) -> None:
    """Provide a worktree at ``path``, and ``branch``, which starts at ``start_oid`` if it is new.

    A healthy worktree is left as it is, whatever is checked out in it, and so is an existing
    branch. What is at ``path`` but is no healthy worktree is pinned and set aside, then a new one
    is made with the branch checked out. GitError where the branch is in use somewhere else.
    """
    found = admins_of(repo.common_dir, path)
    if len(found) == 1 and found[0].healthy and found[0].ready:
        _ensure_branch(repo, branch, start_oid)
        return
    with repository_lock(repo.common_dir):
        _ensure_branch(repo, branch, start_oid)
        admin = clear_way(repo, path, branch) or _add(repo, path, branch)
    if admin.ours:
        _populate(repo, admin)


def is_connected(common_dir: Path, worktree: Path) -> bool:
    """Tell whether git can work in a worktree of ours, and it is this repository's.

    Not where it was deleted or half made, nor where repository and worktree were moved or copied:
    its links then lead to the place before, perhaps into another repository.
    """
    admin = linked_admin(worktree)
    if admin is None or not admin.healthy or not admin.ready:
        return False
    back = claimed(admin.folder)
    here = back is not None and os.path.lexists(back) and os.path.samefile(back, worktree)
    return here and admin.common_dir.resolve() == common_dir.resolve()


def mend(repo: Repository, path: Path, branch: str) -> bool:
    """Connect a moved worktree of ours again, or clear away a half-made or broken one.

    What only it holds is pinned or set aside. Return whether it can be worked in now; else its
    place is free for a new one.
    """
    with repository_lock(repo.common_dir):
        return clear_way(repo, path, branch) is not None


def trashed(repo: Repository, *, root: Path | None = None) -> list[Path]:
    """Return the discarded worktrees whose files are still to be deleted."""
    folder = _trash(repo, root)
    return sorted(folder.iterdir()) if folder.is_dir() else []


def state(worktree: Path) -> WorktreeState:
    """Return what is checked out in ``worktree`` and every path that differs from it."""
    return parse_status(at_worktree(worktree).run(*ARGUMENTS).stdout)


def release_locks(worktree: Path) -> list[Path]:
    """Remove and return lock files that a dead git left in a worktree of ours.

    Only for a worktree in which no process lives any more.
    """
    admin = linked_admin(worktree)
    return [] if admin is None else clear_stale_locks(admin.lock_files)


def discard(
    repo: Repository,
    path: Path,
    keep: Keep,
    *,
    root: Path | None = None,
    drops_ignored: bool = False,
) -> None:
    """Take the worktree at ``path`` out of the repository and move its files to the trash.

    All that it alone holds is pinned before. IgnoredFilesError, and nothing is done, where its
    ignored files are too much to pin, unless the rest of them may go (``drops_ignored``). One
    that git can't work with is set aside. ``root`` is the folder of all worktrees (default: ours
    in the main worktree), which has the trash. No error where there is nothing.
    """
    found = admins_of(repo.common_dir, path)
    is_whole = len(found) == 1 and found[0].healthy
    if is_whole:
        _preserve_all(found[0], keep, drops_ignored=drops_ignored)
    with repository_lock(repo.common_dir):
        if is_whole:
            aside.trash(_trash(repo, root), path)
        elif os.path.lexists(path):
            # No worktree any more, so nobody can have pinned what is in it.
            aside.set_aside(repo.common_dir, path)
        for admin in found:
            if not is_whole:
                salvage_admin(repo, admin, keep.name)
            else:
                aside.delete(repo.common_dir, admin.folder)


def _preserve_all(admin: Admin, keep: Keep, *, drops_ignored: bool) -> None:
    git = at_worktree(admin.worktree)
    output = git.run(*WITH_IGNORED).stdout
    ignored = files_at(admin.worktree, ignored_paths(output), keep.caches)
    if ignored.beyond and not drops_ignored:
        raise IgnoredFilesError(too_much(admin.worktree, ignored), cwd=admin.worktree)
    pin_ignored(admin.worktree, keep, ignored.fitting)
    preserve(admin.worktree, keep, parse_status(output))
    preserve_head(git, keep)
    preserve_abandoned(git, admin, keep.name)


def empty_trash(repo: Repository, *, root: Path | None = None) -> None:
    """Delete the files of discarded worktrees; slow, for when nothing else waits."""
    aside.empty(_trash(repo, root))


def _ensure_branch(repo: Repository, branch: str, start_oid: str) -> None:
    ref = f"refs/heads/{branch}"
    if branch.startswith(OUR_BRANCHES):
        clear_stale_locks((repo.common_dir / ref).parent.glob("**/*.lock"))
    if resolve(repo.git, ref) is None:
        # Somebody else who makes the same branch at this moment does what we want.
        with contextlib.suppress(RefMovedError):
            update_refs(repo.git, [RefUpdate(ref, start_oid, None)], reason="agentrelay: start")


def _add(repo: Repository, path: Path, branch: str) -> Admin:
    repo.git.run(*_ADD, "--", str(path), branch)
    found = admins_of(repo.common_dir, path)
    if len(found) != 1 or not found[0].healthy:
        message = f"git worktree add: what it made at {path} is not usable"
        raise GitError(message, argv=("git", *_ADD, "--", str(path), branch), cwd=repo.top)
    return found[0]


def _populate(repo: Repository, admin: Admin) -> None:
    """Write all files of a worktree in which nobody has worked yet, however far that got."""
    git = repo.git.at(admin.worktree)
    with locks.held(admin.folder / "agentrelay-populate.lock"):
        if admin.ready:
            return
        clear_stale_locks(admin.lock_files)
        again = (admin.folder / "index").exists()
        git.run("reset", "--quiet", "--hard")
        if again:
            git.run("clean", "--quiet", "-d", "--force")
        update_submodules(git, repo.common_dir)
        atomic.publish(admin.folder / READY, f"{LOCK_REASON}\n")


def _trash(repo: Repository, root: Path | None) -> Path:
    return (root if root is not None else repo.top / ".worktrees") / TRASH
