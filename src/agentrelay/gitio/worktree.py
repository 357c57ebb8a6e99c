"""Worktrees of ours: providing, reading, moving to another commit, removing."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from agentrelay._shared import atomic, locks
from agentrelay.errors import GitError, RefMovedError
from agentrelay.gitio import aside
from agentrelay.gitio.admin import LOCK_REASON, READY, Admin, admins_of, claimed, linked_admin
from agentrelay.gitio.branch_use import CheckedOut, branch_use
from agentrelay.gitio.command import Git
from agentrelay.gitio.lock import clear_stale_locks, repository_lock
from agentrelay.gitio.refs import RefUpdate, resolve, update_refs
from agentrelay.gitio.repository import NETWORK_TIMEOUT, Repository, at_worktree
from agentrelay.gitio.salvage import clear_way
from agentrelay.gitio.status import ARGUMENTS, WorktreeState, parse_status

OUR_BRANCHES = "agentrelay/"
TRASH = ".trash"
_ADD = ("worktree", "add", "--no-checkout", "--lock", "--reason", LOCK_REASON)
_SKIPPED = "Skipping repository "


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


def checkout(worktree: Path, commit: str, branch: str | None) -> None:
    """Make a worktree of ours hold exactly ``commit``, on ``branch`` (set to it) or detached.

    Changes and untracked files go: pin them first. Ignored files stay; repositories inside are set
    aside. A merge or rebase that was under way is forgotten.
    """
    git = at_worktree(worktree)
    common_dir = _check_out(git, commit, branch).folder.parent.parent
    for line in git.run("clean", "-d", "--force").text.splitlines():
        inner = worktree / line.removeprefix(_SKIPPED)
        if line.startswith(_SKIPPED) and inner.is_dir():
            aside.set_aside(common_dir, inner)
    _update_submodules(git, common_dir)


def switch(repo: Repository, worktree: Path, commit: str, branch: str) -> None:
    """Put a worktree of ours on ``branch``, which is set to ``commit``; no file is changed.

    For a worktree that already holds the very tree of ``commit`` and nothing else: then neither
    files nor index need a look. GitError where the branch is in use somewhere else.
    """
    ref = f"refs/heads/{branch}"
    admin = _require_linked(worktree)
    admin.forget_operations()
    used = branch_use(repo.git, repo.common_dir, branch)
    if used not in (None, CheckedOut(worktree)):
        raise GitError(f"{branch} is in use in {used.path if used else ''}", cwd=worktree)
    before = resolve(repo.git, ref)
    if before != commit:
        update_refs(repo.git, [RefUpdate(ref, commit, before)], reason="agentrelay: start")
    if admin.head != ref:
        at_worktree(worktree).run("symbolic-ref", "-m", f"agentrelay: to {branch}", "HEAD", ref)


def find_head(worktree: Path) -> str | None:
    """Return the commit that is checked out, None where there is none yet; mostly no process."""
    admin = linked_admin(worktree)
    return (admin.commit if admin else None) or resolve(at_worktree(worktree), "HEAD")


def _require_linked(worktree: Path) -> Admin:
    admin = linked_admin(worktree)
    if admin is None:
        message = f"{worktree} is not a linked worktree"
        raise GitError(message, argv=("git", "checkout"), cwd=worktree)
    return admin


def _check_out(git: Git, commit: str, branch: str | None) -> Admin:
    admin = _require_linked(git.cwd)
    admin.forget_operations()
    where = ("--detach",) if branch is None else ("--no-track", "-B", branch)
    git.run("checkout", "--quiet", "--force", *where, commit, "--")
    return admin


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
    return here and admin.folder.parent.parent.resolve() == common_dir.resolve()


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


def discard(repo: Repository, path: Path, *, root: Path | None = None) -> None:
    """Take the worktree at ``path`` out of the repository and move its files to the trash.

    ``root`` is the folder of all worktrees (default: ours in the main worktree), which has the
    trash. What must survive has been pinned before. No error where there is nothing.
    """
    with repository_lock(repo.common_dir):
        found = admins_of(repo.common_dir, path)
        if (path / ".git").is_file():
            aside.trash(_trash(repo, root), path)
        elif os.path.lexists(path):
            # No worktree any more, so nobody can have pinned what is in it.
            aside.set_aside(repo.common_dir, path)
        for admin in found:
            shutil.rmtree(admin.folder)


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
        _update_submodules(git, repo.common_dir)
        atomic.publish(admin.folder / READY, f"{LOCK_REASON}\n")


def _update_submodules(git: Git, common_dir: Path) -> None:
    if (git.cwd / ".gitmodules").is_file():
        arguments = ("submodule", "--quiet", "update", "--init", "--recursive", "--force")
        with repository_lock(common_dir):
            git.run(*arguments, timeout=NETWORK_TIMEOUT)


def _trash(repo: Repository, root: Path | None) -> Path:
    return (root if root is not None else repo.top / ".worktrees") / TRASH
