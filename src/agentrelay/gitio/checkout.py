"""Makes a worktree of ours hold another commit, after pinning what only it holds.

What is lost here could not be found again, so pinning is no caller's duty but part of the act.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from agentrelay.errors import GitError
from agentrelay.gitio import aside
from agentrelay.gitio.admin import Admin, require_admin
from agentrelay.gitio.branch_use import CheckedOut, branch_use
from agentrelay.gitio.command import Git
from agentrelay.gitio.commits import read_commits
from agentrelay.gitio.ignored import files_at, pin_ignored
from agentrelay.gitio.keep import pin_commit
from agentrelay.gitio.lock import repository_lock
from agentrelay.gitio.preserve import Keep, preserve, preserve_commit
from agentrelay.gitio.refs import RefUpdate, resolve, update_refs
from agentrelay.gitio.repository import NETWORK_TIMEOUT, Repository, at_worktree
from agentrelay.gitio.status import (
    ARGUMENTS,
    WITH_IGNORED,
    EntryKind,
    WorktreeState,
    ignored_paths,
    parse_status,
)

_SKIPPED = "Skipping repository "
_ADDED = ("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--diff-filter=A")


def checkout(  # noqa: PLR0913 - where, what, and how the rest is kept
    repo: Repository,
    worktree: Path,
    commit: str,
    branch: str | None,
    keep: Keep,
    *,
    known: Collection[str] = (),
) -> None:
    """Make a worktree of ours hold exactly ``commit``, on ``branch`` (set to it) or detached.

    Changes and untracked files go, and a merge or rebase that was under way is forgotten, after
    they were pinned as ``keep`` says; so were the branch's tip and a commit that was checked out
    on no branch, unless they are ``known`` to be kept. Ignored files stay; repositories inside
    are set aside.
    """
    git = at_worktree(worktree)
    admin = require_admin(worktree)
    output = git.run(*WITH_IGNORED).stdout
    before, ignored = parse_status(output), ignored_paths(output)
    preserve(worktree, keep, before)
    if branch is not None:
        _preserve_tip(repo.git, branch, keep, (commit, *known))
    if before.branch is None and before.head not in ("", commit, *known):
        preserve_commit(repo.git, before.head, keep, "head")
    if ignored and before.head != commit:
        _preserve_overwritten(git, admin, ignored, commit, keep)
    admin.forget_operations()
    if branch is not None and before.clean and _has_same_tree(repo.git, before.head, commit):
        _switch(repo, admin, commit, branch)
        return
    where = ("--detach",) if branch is None else ("--no-track", "-B", branch)
    git.run("checkout", "--quiet", "--force", *where, commit, "--")
    if ignored or not before.clean:
        _clean(git, admin, before, keep)
    update_submodules(git, admin.common_dir)


def _has_same_tree(git: Git, head: str, commit: str) -> bool:
    here, there = read_commits(git, [head, commit])
    return here is not None and there is not None and here.tree == there.tree


def _switch(repo: Repository, admin: Admin, commit: str, branch: str) -> None:
    """Put a worktree with the right files on ``branch``, which is set to ``commit``, by refs alone.

    GitError where the branch is in use somewhere else.
    """
    ref = f"refs/heads/{branch}"
    used = branch_use(repo.git, repo.common_dir, branch)
    if used is not None and used != CheckedOut(admin.worktree):
        raise GitError(f"{branch} is in use in {used.path}", cwd=admin.worktree)
    before = resolve(repo.git, ref)
    if before != commit:
        update_refs(repo.git, [RefUpdate(ref, commit, before)], reason="agentrelay: start")
    if admin.head != ref:
        git = at_worktree(admin.worktree)
        git.run("symbolic-ref", "-m", f"agentrelay: to {branch}", "HEAD", ref)


def update_submodules(git: Git, common_dir: Path) -> None:
    """Make the submodules of a worktree hold what its commit says."""
    if (git.cwd / ".gitmodules").is_file():
        arguments = ("submodule", "--quiet", "update", "--init", "--recursive", "--force")
        with repository_lock(common_dir):
            git.run(*arguments, timeout=NETWORK_TIMEOUT)


def _preserve_tip(git: Git, branch: str, keep: Keep, known: Collection[str]) -> None:
    """Pin the tip of a branch that is about to be set to another commit."""
    tip = resolve(git, f"refs/heads/{branch}")
    if tip is not None and tip not in known:
        pin_commit(git, keep.named("branch").name, tip)


def _preserve_overwritten(
    git: Git, admin: Admin, ignored: tuple[str, ...], commit: str, keep: Keep
) -> None:
    """Keep ignored files in whose place ``commit`` has a file of its own: git just writes it."""
    added = _paths(git.run(*_ADDED, "HEAD", commit, "--").stdout)
    folders = tuple(path for path in ignored if path.endswith("/"))
    hidden = [
        path
        for path in added
        if (path in ignored or path.startswith(folders)) and os.path.lexists(git.cwd / path)
    ]
    _keep_files(git, admin, hidden, keep)


def _clean(git: Git, admin: Admin, before: WorktreeState, keep: Keep) -> None:
    """Remove untracked files; those that were ignored until now are kept first."""
    after = parse_status(git.run(*ARGUMENTS).stdout)
    if after.clean:
        return
    seen = {entry.path for entry in before.entries}
    untracked = [e.path for e in after.entries if e.kind is EntryKind.UNTRACKED]
    _keep_files(git, admin, [path for path in untracked if path not in seen], keep)
    for line in git.run("clean", "-d", "--force").text.splitlines():
        inner = git.cwd / line.removeprefix(_SKIPPED)
        if line.startswith(_SKIPPED) and inner.is_dir():
            aside.set_aside(admin.common_dir, inner)


def _keep_files(git: Git, admin: Admin, paths: list[str], keep: Keep) -> None:
    """Pin files that are no caches; those that are too much are set aside."""
    if not paths:
        return
    found = files_at(git.cwd, paths, keep.caches)
    pin_ignored(git.cwd, keep, found.fitting)
    for file in found.beyond:
        aside.set_aside(admin.common_dir, git.cwd / file.path)


def _paths(output: bytes) -> list[str]:
    return [path for path in output.decode("utf-8", "surrogateescape").split("\0") if path]
