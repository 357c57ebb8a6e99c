"""Makes a commit of what a worktree holds now, without touching the worktree, its index or refs."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from agentrelay._shared.scratch import scratch
from agentrelay.errors import GitError
from agentrelay.gitio.admin import link_target
from agentrelay.gitio.command import Git
from agentrelay.gitio.merge import Signature, commit_tree
from agentrelay.gitio.status import (
    ARGUMENTS,
    EntryKind,
    StatusEntry,
    WorktreeState,
    parse_status,
)

TRIES = 3
"""How often a snapshot is taken of files that change meanwhile, before it counts as failed."""

_INNER = (EntryKind.SUBMODULE, EntryKind.REPOSITORY)
_ADD = ("add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul")
_UPLOAD_ANY = "--upload-pack=git -c uploadpack.allowAnySHA1InWant=true upload-pack"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A commit of a worktree's content; of one without changes it is HEAD itself.

    ``tree`` is empty where nothing has changed; ``commit`` is empty where nothing ever was.
    """

    commit: str
    tree: str
    parents: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Tell whether there was anything that HEAD does not have."""
        return bool(self.tree)


def snapshot(
    git: Git, message: str, signature: Signature, *, limit_bytes: int | None = None
) -> Snapshot:
    """Return a commit of all that is not ignored in the worktree in which ``git`` runs.

    Its parents are HEAD, a commit of the index where something staged is neither in HEAD nor in
    the worktree, and the snapshots of changed submodules and inner repositories, which it keeps
    reachable. GitError where something can't be read, rather than leaving it out. Only untracked
    files of more than ``limit_bytes`` are left out, where that is given.
    """
    for _ in range(TRIES - 1):
        with contextlib.suppress(GitError):
            return _take(git, message, signature, limit_bytes)
    return _take(git, message, signature, limit_bytes)


def folder_snapshot(git: Git, common_dir: Path, folder: Path, base: str, message: str) -> str:
    """Return a commit, on top of ``base``, of the files in a folder that git does not know.

    Inner repositories are left out.
    """
    at_folder = git.at(folder)
    inner = [
        os.path.relpath(parent, folder)
        for parent, folders, files in os.walk(folder)
        if Path(parent) != folder and ".git" in (*folders, *files)
    ]
    with scratch() as temporary:
        env = {
            "GIT_DIR": str(common_dir),
            "GIT_WORK_TREE": str(folder),
            "GIT_INDEX_FILE": f"{temporary}/index",
        }
        at_folder.run("read-tree", base, env=env)
        at_folder.run(*_ADD, stdin=pathspecs(inner), env=env)
        tree = at_folder.run("write-tree", env=env).text
    return git.text("commit-tree", "-p", base, "-m", message, tree)


def pathspecs(excluded: Iterable[str]) -> bytes:
    """Return, for ``--pathspec-from-file=-``, all paths of the worktree but these and below."""
    lines = [":(top)", *(f":(top,exclude,literal){path}" for path in excluded)]
    return "\0".join(lines).encode("utf-8", "surrogateescape")


def _take(git: Git, message: str, signature: Signature, limit_bytes: int | None) -> Snapshot:
    state = parse_status(git.run(*ARGUMENTS).stdout)
    if state.clean:
        return Snapshot(state.head, "", ())
    inner = [entry for entry in state.entries if entry.kind in _INNER]
    kept = [oid for entry in inner if (oid := _inner(git, entry, message, signature))]
    with scratch() as folder:
        index = Path(folder) / "index"
        staged = _staged(git, index, state, signature)
        left_out = [entry.path for entry in inner if entry.kind is EntryKind.REPOSITORY]
        if limit_bytes is not None:
            left_out += _larger(git.cwd, state.entries, limit_bytes)
        tree = _tree(git, index, left_out)
    parents = tuple(oid for oid in dict.fromkeys([state.head, staged, *kept]) if oid)
    commit = commit_tree(git, tree, parents, message, author=signature, committer=signature)
    return Snapshot(commit, tree, parents)


def _staged(git: Git, index: Path, state: WorktreeState, signature: Signature) -> str:
    """Copy the index; return a commit of what it alone holds, empty where that is nothing.

    The sides of a conflict are left out: they are those of commits that have pins of their own.
    """
    dot_git = git.cwd / ".git"
    own_index = (link_target(dot_git) or dot_git) / "index"
    if own_index.exists():
        shutil.copyfile(own_index, index)
    if not any(_is_in_index_alone(entry) for entry in state.entries):
        return ""
    with scratch() as folder:
        copy = shutil.copyfile(index, Path(folder) / "index")
        env = {"GIT_INDEX_FILE": str(copy)}
        sides = [entry.path for entry in state.entries if entry.kind is EntryKind.CONFLICTED]
        if sides:
            stdin = "\0".join(sides).encode("utf-8", "surrogateescape")
            git.run("update-index", "--force-remove", "-z", "--stdin", stdin=stdin, env=env)
        tree = git.run("write-tree", env=env).text
    parents = [state.head] if state.head else []
    message = f"What was staged in {git.cwd.name}"
    # Undated, so that the same content gives the same commit.
    who = replace(signature, time_unix=0)
    return commit_tree(git, tree, parents, message, author=who, committer=who)


def _is_in_index_alone(entry: StatusEntry) -> bool:
    return entry.kind is not EntryKind.CONFLICTED and entry.staged and entry.code[1] != "."


def _larger(top: Path, entries: Iterable[StatusEntry], limit: int) -> Iterator[str]:
    """Give the untracked files of more than ``limit`` bytes."""
    for entry in entries:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if entry.kind is EntryKind.UNTRACKED and os.lstat(top / entry.path).st_size > limit:
                yield entry.path


def _tree(git: Git, index: Path, left_out: Iterable[str]) -> str:
    """Write the worktree's content as a tree through a copy of its index, kept for its speed."""
    env = {"GIT_INDEX_FILE": str(index)}
    git.run(*_ADD, stdin=pathspecs(left_out), env=env)
    return git.run("write-tree", env=env).text


def _inner(git: Git, entry: StatusEntry, message: str, signature: Signature) -> str:
    """Bring the content of an inner repository into this one's objects; empty if it has none."""
    folder = git.cwd / entry.path
    if not (folder / ".git").exists():
        return ""
    commit = snapshot(git.at(folder), message, signature).commit
    if commit:
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no")
        git.run("fetch", *options, _UPLOAD_ANY, str(folder), commit)
    return commit
