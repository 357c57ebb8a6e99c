"""What `git status --porcelain=v2 --branch -z` says, as values (format: git-status(1))."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

ARGUMENTS = (
    *("status", "--porcelain=v2", "--branch", "-z"),
    *("--untracked-files=all", "--no-renames", "--ignore-submodules=none"),
)
"""One process that tells all; renames are told as a deletion and an addition."""

WITH_IGNORED = (*ARGUMENTS, "--ignored=matching")
"""The same, and what is ignored: a folder that a pattern names counts as one path."""

_GITLINK = "160000"


class EntryKind(Enum):
    """How a path differs from HEAD, worktree and index taken together."""

    UNTRACKED = "untracked"
    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    CONFLICTED = "conflicted"
    SUBMODULE = "submodule"
    """A submodule that HEAD knows: at another commit, or with changes inside."""
    REPOSITORY = "repository"
    """A repository inside this one that HEAD does not know."""


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """One path that differs. ``code`` is git's own pair: index, then worktree."""

    path: str
    kind: EntryKind
    code: str

    @property
    def staged(self) -> bool:
        """Tell whether the index differs from HEAD here."""
        return self.code[0] not in ".?"


@dataclass(frozen=True, slots=True)
class WorktreeState:
    """A worktree's HEAD commit, its branch (None where detached), and all that differs."""

    head: str
    branch: str | None
    entries: tuple[StatusEntry, ...]

    @property
    def clean(self) -> bool:
        """Tell whether nothing differs."""
        return not self.entries


def parse_status(output: bytes) -> WorktreeState:
    """Return the state that the output of ``git`` with ``ARGUMENTS`` describes."""
    head, branch, entries = "", None, list[StatusEntry]()
    for record in output.decode("utf-8", "surrogateescape").split("\0"):
        if record.startswith("# branch.oid "):
            oid = record.removeprefix("# branch.oid ")
            head = "" if oid == "(initial)" else oid
        elif record.startswith("# branch.head "):
            name = record.removeprefix("# branch.head ")
            branch = None if name == "(detached)" else name
        elif record and record[0] in "1u?":
            entries.append(_entry(record))
    return WorktreeState(head, branch, tuple(entries))


def ignored_paths(output: bytes) -> tuple[str, ...]:
    """Return the ignored paths in the output of ``git`` with ``WITH_IGNORED``; folders end in /."""
    records = output.decode("utf-8", "surrogateescape").split("\0")
    return tuple(record[2:] for record in records if record.startswith("! "))


def _entry(record: str) -> StatusEntry:
    if record[0] == "?":
        path = record[2:]
        kind = EntryKind.REPOSITORY if path.endswith("/") else EntryKind.UNTRACKED
        return StatusEntry(path.rstrip("/"), kind, "??")
    if record[0] == "u":
        fields = record.split(" ", 10)
        return StatusEntry(fields[10], EntryKind.CONFLICTED, fields[1])
    fields = record.split(" ", 8)
    code, in_head, in_index, in_worktree = fields[1], fields[3], fields[4], fields[5]
    return StatusEntry(fields[8], _kind(code, in_head, in_index, in_worktree), code)


def _kind(code: str, in_head: str, in_index: str, in_worktree: str) -> EntryKind:
    if _GITLINK in (in_index, in_worktree):
        return EntryKind.SUBMODULE if in_head == _GITLINK else EntryKind.REPOSITORY
    if in_head.strip("0") == "":
        return EntryKind.ADDED
    return EntryKind.DELETED if "D" in code else EntryKind.MODIFIED
