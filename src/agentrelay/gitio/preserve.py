"""Pins what only a worktree of ours holds, before it is moved, torn down or set aside.

Beside its files that is: what is staged and differs from them, commits that no branch has, the
sides of a merge or rebase that is under way, stashes that were made in it, and the commits that
its reflog alone remembers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from agentrelay.gitio.admin import Admin, linked_admin
from agentrelay.gitio.command import Git
from agentrelay.gitio.keep import KEEP_PREFIX, pin_commit, pin_worktree
from agentrelay.gitio.merge import Signature, commit_tree
from agentrelay.gitio.reach import beyond_refs, unreachable
from agentrelay.gitio.refs import FULL_OID, resolve
from agentrelay.gitio.repository import OUR_IDENTITY, Identity, at_worktree
from agentrelay.gitio.status import WorktreeState

_STASHES = ("log", "--walk-reflogs", "--format=%H%x00%gs", "refs/stash")
_MADE_ON = ("WIP on ", "On ")


@dataclass(frozen=True, slots=True)
class Keep:
    """How a worktree's state is pinned: ``name`` is the pin's, below the keep refs.

    ``branches`` is what the names of the lane's branches begin with; ``date`` is in Unix seconds;
    ``caches`` are patterns of ignored files that need not be kept, beside the common ones.
    """

    name: str
    message: str
    branches: str
    identity: Identity
    date: float
    caches: tuple[str, ...] = ()

    def named(self, more: str) -> Keep:
        """Return the same with ``more`` after its name."""
        return replace(self, name=f"{self.name}-{more}")


def preserve(worktree: Path, keep: Keep, state: WorktreeState | None = None) -> str | None:
    """Pin what is not committed in a worktree; return its commit, None where all is committed.

    Also pinned are the other sides of a merge, rebase or the like that is under way in it, and
    stashes that were made on the lane's branches. Nothing in the worktree changes. ``state`` is
    what its status was just now, where that is known.
    """
    git = at_worktree(worktree)
    kept = None
    if state is None or not state.clean:
        kept = pin_worktree(worktree, keep.name, keep.message, keep.identity, keep.date)
    admin = linked_admin(worktree)
    if admin is not None:
        for name, oid in _operations(git, admin):
            pin_commit(git, f"{keep.name}-{name}", oid)
    common_dir = worktree / ".git" if admin is None else admin.common_dir
    preserve_stashes(git, common_dir, keep)
    return kept


def preserve_commit(git: Git, oid: str, keep: Keep, what: str) -> None:
    """Pin a commit, as ``what``, unless some ref leads to it."""
    if unreachable(git, [oid]):
        pin_commit(git, keep.named(what).name, oid)


def preserve_head(git: Git, keep: Keep) -> None:
    """Pin what is checked out, unless it is pinned as something else: a candidate, as a rule.

    That some branch leads to it does not count, since it may go next.
    """
    head = resolve(git, "HEAD")
    if head is not None and not _is_pinned(git, head):
        pin_commit(git, keep.named("head").name, head)


def preserve_stashes(git: Git, common_dir: Path, keep: Keep) -> None:
    """Pin the stashes that were made on the lane's branches.

    All worktrees share one list of stashes, so whoever works in another may drop them.
    """
    for oid in _stashes_of(git, common_dir, keep.branches):
        if not _is_pinned(git, oid):
            pin_commit(git, f"{keep.name}-stash", oid)


def _is_pinned(git: Git, oid: str) -> bool:
    return bool(git.text("for-each-ref", "--count=1", f"--points-at={oid}", KEEP_PREFIX))


def preserve_abandoned(git: Git, admin: Admin, name: str) -> str | None:
    """Pin, as the parents of one commit, those that only the worktree's reflog and refs remember.

    Return that commit, None where there are none. For a worktree that goes with its reflog.
    """
    left = unreachable(git, [*_reflog(admin), *_own_refs(admin)])
    if not left:
        return None
    inner = {parent for _, *parents in beyond_refs(git, left) for parent in parents}
    parents = [oid for oid in left if oid not in inner]
    # Undated, so that the same commits are kept as the same one.
    who = Signature(OUR_IDENTITY.name, OUR_IDENTITY.email, 0)
    empty = git.text("mktree", stdin=b"")
    message = f"Left behind in {admin.worktree.name}: the parents of this commit"
    commit = commit_tree(git, empty, parents, message, author=who, committer=who)
    pin_commit(git, f"{name}-abandoned", commit)
    return commit


def _operations(git: Git, admin: Admin) -> Iterator[tuple[str, str]]:
    """Give the commits that an unfinished operation holds and no ref leads to, with a name each."""
    found = dict(admin.operation_commits())
    strays = set(unreachable(git, found.values())) if found else set[str]()
    for name, oid in found.items():
        if oid in strays:
            yield name, oid


def _stashes_of(git: Git, common_dir: Path, branches: str) -> Iterator[str]:
    if not (common_dir / "logs/refs/stash").exists() and not (common_dir / "reftable").is_dir():
        return
    # Where there is no stash there is no such ref either, and git fails.
    for line in git.run(*_STASHES, ok=(0, 128)).text.splitlines():
        oid, _, subject = line.partition("\0")
        if any(subject.startswith(f"{words}{branches}") for words in _MADE_ON):
            yield oid


def _reflog(admin: Admin) -> list[str]:
    try:
        lines = (admin.folder / "logs" / "HEAD").read_bytes().splitlines()
    except FileNotFoundError:
        return []
    oids = (os.fsdecode(oid) for line in lines for oid in line.split(b" ", 2)[:2])
    return [oid for oid in dict.fromkeys(oids) if oid.strip("0")]


def _own_refs(admin: Admin) -> list[str]:
    """Return what the refs hold that belong to the worktree alone, such as those of a bisection."""
    files = [path for path in (admin.folder / "refs").rglob("*") if path.is_file()]
    words = (path.read_text(errors="replace").strip() for path in files)
    return [word for word in words if FULL_OID.fullmatch(word)]
