"""What git keeps about one linked worktree: its admin folder, `worktrees/<id>` in the common one.

Read without git, because a half-made worktree makes git itself fail. The format is that of
gitrepository-layout(5).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agentrelay.errors import GitError

LOCK_REASON = "agentrelay"
"""Why our worktrees are locked: it marks them as ours, and keeps git from pruning them."""

READY = "agentrelay-ready"
"""Marker in the admin folder: all files were written once; from then on they belong to agents."""

_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_LOCKS = ("index.lock", "HEAD.lock", "ORIG_HEAD.lock", "logs/HEAD.lock")
_OPERATION_COMMITS = (
    *("MERGE_HEAD", "MERGE_AUTOSTASH", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD"),
    *("rebase-merge/orig-head", "rebase-merge/onto", "rebase-merge/autostash"),
    *("rebase-merge/stopped-sha", "rebase-merge/amend"),
    *("rebase-apply/orig-head", "rebase-apply/onto", "rebase-apply/autostash"),
    *("sequencer/head", "sequencer/abort-safety"),
)
"""Files in which an operation that is under way holds commits."""
_OPERATIONS = (
    *("rebase-merge", "rebase-apply", "sequencer"),
    *("BISECT_LOG", "BISECT_START", "BISECT_NAMES", "BISECT_TERMS", "BISECT_EXPECTED_REV"),
    *("MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "CHERRY_PICK_HEAD", "REVERT_HEAD", "SQUASH_MSG"),
)


@dataclass(frozen=True)
class Admin:
    """The admin folder of the worktree at ``worktree``, whatever state it is in."""

    folder: Path
    worktree: Path

    @property
    def ours(self) -> bool:
        """Tell whether we made it, by its lock's reason or its marker."""
        return _line(self.folder / "locked") == LOCK_REASON or self.ready

    @property
    def ready(self) -> bool:
        """Tell whether its files were once completely written."""
        return (self.folder / READY).is_file()

    @property
    def head(self) -> str | None:
        """Return what is checked out: a ref's name or an object id; None where that is void."""
        line = _line(self.folder / "HEAD") or ""
        if line.startswith("ref: "):
            return line.removeprefix("ref: ")
        return line if _OID.fullmatch(line) and line.strip("0") else None

    @property
    def commit(self) -> str | None:
        """Return the commit that is checked out, None where only git itself can tell."""
        head = self.head
        if head is None or _OID.fullmatch(head):
            return head
        line = _line(self.common_dir / head) or ""
        return line if _OID.fullmatch(line) else None

    @property
    def healthy(self) -> bool:
        """Tell whether git can work with it: nothing is missing that git put there first."""
        points_to = link_target(self.worktree / ".git")
        common = _line(self.folder / "commondir")
        return (
            points_to is not None
            and points_to.resolve() == self.folder.resolve()
            and common is not None
            and (self.folder / common).resolve() == self.common_dir.resolve()
            and self.head is not None
            and _line(self.folder / "locked") != "initializing"
        )

    @property
    def common_dir(self) -> Path:
        """Return the repository's own folder."""
        return self.folder.parent.parent

    def operation_commits(self) -> Iterator[tuple[str, str]]:
        """Give the commits that an unfinished merge, rebase or the like holds, each with a name."""
        for name in _OPERATION_COMMITS:
            for word in (_text(self.folder / name) or "").split():
                if _OID.fullmatch(word):
                    yield name.lower().replace("_", "-").replace("/", "-"), word

    @property
    def lock_files(self) -> list[Path]:
        """Return where git's own locks of this worktree would be."""
        return [self.folder / name for name in _LOCKS]

    def forget_operations(self) -> None:
        """End a merge, rebase, bisect or the like that was left half done; files stay."""
        for name in _OPERATIONS:
            path = self.folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)


def admins_of(common_dir: Path, worktree: Path) -> list[Admin]:
    """Return the admin folders that claim ``worktree``; more than one is a crash's work."""
    return [
        Admin(folder, worktree)
        for folder in _folders(common_dir)
        if (target := claimed(folder)) is not None and _same(target, worktree)
    ]


def unclaimed(common_dir: Path, worktree: Path) -> list[Path]:
    """Return admin folders named after ``worktree`` that hold nothing yet but a lock."""
    name = re.compile(re.escape(worktree.name) + r"\d*")
    return [
        folder
        for folder in _folders(common_dir)
        if name.fullmatch(folder.name)
        and claimed(folder) is None
        and set(os.listdir(folder)) <= {"locked", "gitdir"}
    ]


def linked_admin(worktree: Path) -> Admin | None:
    """Return the admin folder that the worktree itself points to; None for a main worktree."""
    folder = link_target(worktree / ".git")
    return None if folder is None else Admin(folder, worktree)


def require_admin(worktree: Path) -> Admin:
    """Return the admin folder of a linked worktree. GitError for anything else."""
    admin = linked_admin(worktree)
    if admin is None:
        raise GitError(f"{worktree} is not a linked worktree", cwd=worktree)
    return admin


def claimed(folder: Path) -> Path | None:
    """Return the worktree for which an admin folder stands, None where it does not say."""
    line = _line(folder / "gitdir")
    return (folder / line).parent if line else None


def link_target(dot_git: Path) -> Path | None:
    """Return the folder that a worktree's `.git` file names, None where there is no such file."""
    line = _line(dot_git) or ""
    if not line.startswith("gitdir: "):
        return None
    return dot_git.parent / line.removeprefix("gitdir: ")


def _folders(common_dir: Path) -> list[Path]:
    try:
        return sorted(entry for entry in (common_dir / "worktrees").iterdir() if entry.is_dir())
    except FileNotFoundError:
        return []


def _same(one: Path, other: Path) -> bool:
    return one == other or one.resolve() == other.resolve()


def _line(path: Path) -> str | None:
    """Return a one-line file's text, None where the file is missing, empty or no file."""
    return (_text(path) or "").rstrip("\n") or None


def _text(path: Path) -> str | None:
    try:
        return os.fsdecode(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
