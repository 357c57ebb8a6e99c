"""Give a kept commit back: as a branch that is new, or that and a worktree that is new."""

from __future__ import annotations

import os
from pathlib import Path

from agentrelay.errors import ConflictError, RefMovedError, UsageError
from agentrelay.gitio.admin import linked_admin
from agentrelay.gitio.command import Git
from agentrelay.gitio.lock import repository_lock
from agentrelay.gitio.refs import RefUpdate, refs_under, update_refs
from agentrelay.gitio.repository import OUR_FOLDERS, Repository
from agentrelay.gitio.worktree import OUR_BRANCHES

_HEADS = "refs/heads/"


def free_branch(git: Git, name: str, oid: str) -> str:
    """Return ``name``, or ``name-2`` ... : the first that is free or stands at ``oid`` already."""
    taken = refs_under(git, _HEADS.rstrip("/"))
    number = 1
    while taken.get(_HEADS + (found := name if number == 1 else f"{name}-{number}"), oid) != oid:
        number += 1
    return found


def give_branch(git: Git, branch: str, oid: str) -> bool:
    """Make ``branch`` at ``oid``; return False where it stood there already.

    UsageError for a name that git or we don't take, ConflictError where it is elsewhere.
    """
    ref = _HEADS + branch
    valid = git.run("check-ref-format", ref, ok=(0, 1)).returncode == 0
    if not valid or branch.startswith("-") or branch == "HEAD":
        raise UsageError(f"{branch!r} is no name for a branch")
    if branch.startswith(OUR_BRANCHES):
        raise UsageError(f"branches below {OUR_BRANCHES} are those of runs", hint="--branch NAME")
    taken = refs_under(git, _HEADS.rstrip("/"))
    if taken.get(ref) == oid:
        return False
    if (other := _in_the_way(taken, ref)) is not None:
        raise _taken(other)
    try:
        update_refs(git, [RefUpdate(ref, oid, None)], reason="agentrelay: recover")
    except RefMovedError as error:
        raise _taken(branch) from error
    return True


def require_free_place(repo: Repository, path: Path) -> None:
    """Raise where no worktree can be made at ``path``: something is there, or it is our folder."""
    if os.path.lexists(path):
        raise ConflictError(f"{path} exists already, and nothing is overwritten")
    if any(path.resolve().is_relative_to((repo.top / folder).resolve()) for folder in OUR_FOLDERS):
        message = f"{path} is in a folder that agentrelay keeps for itself"
        raise UsageError(message, hint="--worktree ../some-folder")


def has_worktree(repo: Repository, path: Path, branch: str) -> bool:
    """Tell whether a worktree of the repository is at ``path`` already, with ``branch``."""
    admin = linked_admin(path)
    if admin is None or not admin.healthy or admin.head != _HEADS + branch:
        return False
    return admin.common_dir.resolve() == repo.common_dir.resolve()


def give_worktree(repo: Repository, path: Path, branch: str) -> None:
    """Make a worktree at ``path`` with ``branch`` checked out; GitError where git can't."""
    with repository_lock(repo.common_dir):
        repo.git.run("worktree", "add", "--quiet", "--", str(path), branch)


def take_branch_back(git: Git, branch: str, oid: str) -> None:
    """Delete a branch that was made for nothing, if it is still at ``oid``, where it is kept."""
    update_refs(git, [RefUpdate(_HEADS + branch, None, oid)], reason="agentrelay: recover")


def _in_the_way(taken: dict[str, str], ref: str) -> str | None:
    """Return the branch because of which ``ref`` can't be: it, one above it, or one below."""
    parents = {ref, *(str(parent) for parent in Path(ref).parents)}
    found = next((each for each in taken if each in parents or each.startswith(f"{ref}/")), None)
    return found.removeprefix(_HEADS) if found else None


def _taken(branch: str) -> ConflictError:
    return ConflictError(
        f"there is a branch {branch!r} already, and nothing is overwritten", hint="--branch NAME"
    )
