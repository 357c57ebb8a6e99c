"""Commits what an agent left uncommitted, and names what must not be committed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agentrelay.gitio.admin import linked_admin
from agentrelay.gitio.command import Git
from agentrelay.gitio.repository import Identity, at_worktree
from agentrelay.gitio.screening import (
    CONFLICT_MARKERS,
    conflict_reason,
    marker_count,
    new_file_reason,
)
from agentrelay.gitio.snapshot import pathspecs
from agentrelay.gitio.status import ARGUMENTS, EntryKind, StatusEntry, WorktreeState, parse_status

LIMIT_BYTES: Final = 5 * 1024 * 1024
_STDIN_PATHS = ("--pathspec-from-file=-", "--pathspec-file-nul")
_FEW: Final = 50
"""So many paths are matched one by one faster than everything is looked at."""
_NAMED: Final = (EntryKind.UNTRACKED, EntryKind.ADDED, EntryKind.MODIFIED)
_PLAIN: Final = (EntryKind.MODIFIED, EntryKind.DELETED)
"""Where only such files differ, and nothing is staged, ``git commit --all`` does all of it."""
_MARKERS = "^(<<<<<<<|>>>>>>>) "


@dataclass(frozen=True, slots=True)
class Refused:
    """A path that was left as it is, and why, for people."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Leftovers:
    """The worktree's HEAD after committing, whether that made a commit, and what was left."""

    head: str
    committed: bool
    refused: tuple[Refused, ...]


def commit_leftovers(
    worktree: Path,
    message: str,
    identity: Identity,
    date: float,
    *,
    limit_bytes: int = LIMIT_BYTES,
) -> Leftovers:
    """Commit all that is not committed in ``worktree`` on its HEAD, but for what is refused.

    Refused are new files that are large, look like keys or are an agent's own litter, new inner
    repositories, and conflict markers; they stay in place. A merge that the agent began is
    concluded if no conflict is left in it, else nothing is committed. No hook runs. ``date`` is in
    Unix seconds.
    """
    git = at_worktree(worktree)
    state = parse_status(git.run(*ARGUMENTS).stdout)
    merging = _is_merging(worktree)
    if state.clean and not merging:
        return Leftovers(state.head, committed=False, refused=())
    refused = _refused(git, state, limit_bytes)
    named = tuple(refused.values())
    if _blocks(state, refused, merging=merging):
        return Leftovers(state.head, committed=False, refused=named)
    if not merging and all(entry.path in refused for entry in state.entries):
        return Leftovers(state.head, committed=False, refused=named)
    whole = not refused and all(
        entry.kind in _PLAIN and not entry.staged for entry in state.entries
    )
    if not whole:
        _stage(git, state, refused)
    staged = [entry.path for entry in state.entries if entry.staged and entry.path in refused]
    if staged:
        _unstage(git, staged)
    return _commit(git, state.head, message, (identity, date), named, whole=whole)


def conflict_markers(git: Git, base_oid: str, head_oid: str) -> tuple[str, ...]:
    """Return the files in which ``head_oid`` has conflict markers that ``base_oid`` has not."""
    arguments = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--diff-filter=d")
    output = git.run("diff", *arguments, f"-G{_MARKERS}", base_oid, head_oid, "--").stdout
    paths = [path for path in output.decode("utf-8", "surrogateescape").split("\0") if path]
    return tuple(
        path
        for path in paths
        if marker_count(_blob(git, head_oid, path)) > marker_count(_blob(git, base_oid, path))
    )


def _is_merging(worktree: Path) -> bool:
    admin = linked_admin(worktree)
    folder = worktree / ".git" if admin is None else admin.folder
    return (folder / "MERGE_HEAD").exists()


def _refused(git: Git, state: WorktreeState, limit_bytes: int) -> dict[str, Refused]:
    refused: dict[str, Refused] = {}
    for entry in state.entries:
        reason = _reason(git, entry, limit_bytes)
        if reason is not None:
            refused[entry.path] = Refused(entry.path, reason)
    return refused


def _reason(git: Git, entry: StatusEntry, limit_bytes: int) -> str | None:
    file = git.cwd / entry.path
    match entry.kind:
        case EntryKind.REPOSITORY:
            return "a repository inside the repository"
        case EntryKind.SUBMODULE:
            return _submodule_reason(git, entry)
        case EntryKind.CONFLICTED:
            return conflict_reason(file, entry.code)
        case EntryKind.UNTRACKED | EntryKind.ADDED:
            return new_file_reason(file, entry.path, limit_bytes)
        case EntryKind.DELETED | EntryKind.MODIFIED:
            return _marker_reason(git, file, entry.path)


def _marker_reason(git: Git, file: Path, path: str) -> str | None:
    """Say that a file has got conflict markers; it may have had some for good reason."""
    if file.is_symlink() or not file.is_file():
        return None
    now = marker_count(file.read_bytes())
    if now and now > marker_count(_blob(git, "HEAD", path)):
        return CONFLICT_MARKERS
    return None


def _submodule_reason(git: Git, entry: StatusEntry) -> str | None:
    """Say why a submodule's state can't be committed; one that stands at a new commit can."""
    if "D" in entry.code:
        return None
    moved = git.run(
        "diff", "--quiet", "--ignore-submodules=dirty", "HEAD", "--", entry.path, ok=(0, 1)
    )
    return None if moved.returncode else "uncommitted changes inside a submodule"


def _blocks(state: WorktreeState, refused: dict[str, Refused], *, merging: bool) -> bool:
    """Tell whether something refused makes every commit wrong: half of a merge is none."""
    conflicted = any(
        entry.kind is EntryKind.CONFLICTED and entry.path in refused for entry in state.entries
    )
    markers = any(item.reason == CONFLICT_MARKERS for item in refused.values())
    return conflicted or (merging and markers)


def _stage(git: Git, state: WorktreeState, refused: dict[str, Refused]) -> None:
    """Stage what is not refused: by name where that spares git a walk through all files.

    A deleted path can't always be named: where a link took the place of its folder, say.
    """
    changed = [entry for entry in state.entries if entry.code[1] != "."]
    wanted = [entry for entry in changed if entry.path not in refused]
    if len(wanted) > _FEW or any(entry.kind not in _NAMED for entry in wanted):
        git.run("add", "--all", *_STDIN_PATHS, stdin=pathspecs(refused))
    elif wanted:
        stdin = "\0".join(f":(top,literal){entry.path}" for entry in wanted)
        git.run("add", "--all", *_STDIN_PATHS, stdin=stdin.encode("utf-8", "surrogateescape"))


def _unstage(git: Git, paths: Iterable[str]) -> None:
    stdin = "\0".join(f":(top,literal){path}" for path in paths)
    git.run("reset", "--quiet", *_STDIN_PATHS, stdin=stdin.encode("utf-8", "surrogateescape"))


def _commit(  # noqa: PLR0913 - what a commit is made of, and what comes with it
    git: Git,
    head: str,
    message: str,
    who: tuple[Identity, float],
    refused: tuple[Refused, ...],
    *,
    whole: bool,
) -> Leftovers:
    identity, date = who
    stamp = f"@{int(date)} +0000"
    env = {
        "GIT_AUTHOR_NAME": identity.name,
        "GIT_AUTHOR_EMAIL": identity.email,
        "GIT_AUTHOR_DATE": stamp,
        "GIT_COMMITTER_NAME": identity.name,
        "GIT_COMMITTER_EMAIL": identity.email,
        "GIT_COMMITTER_DATE": stamp,
    }
    signing = "--gpg-sign" if identity.sign else "--no-gpg-sign"
    options = ("--quiet", "--no-verify", signing, "--cleanup=verbatim", "-F", "-")
    stdin = message.encode("utf-8", "surrogateescape")
    staging = ("--all",) if whole else ()
    done = git.run("commit", *staging, *options, stdin=stdin, env=env, ok=(0, 1))
    if done.returncode:
        # Nothing was left to commit once what is refused was taken out; any other refusal of
        # git's shows again, as an error.
        git.run("diff", "--cached", "--quiet", "HEAD")
        return Leftovers(head, committed=False, refused=refused)
    return Leftovers(_head(git), committed=True, refused=refused)


def _head(git: Git) -> str:
    """Return the commit at HEAD: from git's files, where they show it without a process."""
    admin = linked_admin(git.cwd)
    return (admin.commit if admin else None) or git.text("rev-parse", "HEAD")


def _blob(git: Git, commit: str, path: str) -> bytes:
    """Return a file's content in a commit, empty where the commit does not have it."""
    return git.run("cat-file", "blob", f"{commit}:{path}", ok=(0, 128)).stdout
