"""Pictures of the user's own checkout: what in it is the person's, to tell later what changed.

Taken with one look at the files and one at the branches, without a lock and without writing
anything. Our own branches, pins and folders are left out; so is what a landing of ours did.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agentrelay._shared.text import printable
from agentrelay.gitio.keep import KEEP_PREFIX
from agentrelay.gitio.refs import FULL_OID, is_ancestor, refs_under
from agentrelay.gitio.repository import Repository, at_worktree
from agentrelay.gitio.status import ARGUMENTS, StatusEntry, parse_status

_BRANCHES = "refs/heads/"
_OURS = f"{_BRANCHES}agentrelay/"
_LANDED = "/_lane/candidate-"
"""In the name of a pin: it holds a merge that was made to land a lane."""
_OUR_SECTION = re.compile(rb'^\[branch "agentrelay/[^\n]*\n(?:(?!\[)[^\n]*\n?)*', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Picture:
    """What a checkout looked like.

    ``head`` is the branch that is checked out, or the commit where HEAD is detached. ``branches``
    are the commits of the user's branches, ``files`` what tells the states apart of each file that
    differs from HEAD, ``private`` likewise git's configuration and hooks.
    """

    head: str
    branches: Mapping[str, str]
    files: Mapping[str, str]
    private: Mapping[str, str]


def take_picture(repo: Repository, worktrees: Path) -> Picture:
    """Return what the main checkout looks like now, without our folder of worktrees."""
    # Branches first: a landing moves its branch last, so where one is seen with its files half
    # written, its branch has still to move, and tells later whose these were.
    branches = _branches(repo)
    state = parse_status(repo.git.run(*ARGUMENTS).stdout)
    ours = f"{os.path.relpath(worktrees, repo.top)}/"
    return Picture(
        head=state.branch or state.head,
        branches={
            ref.removeprefix(_BRANCHES): oid
            for ref, oid in branches.items()
            if not ref.startswith(_OURS) and FULL_OID.fullmatch(oid)
        },
        files={
            path: what
            for path, what in _files(repo.top, state.entries).items()
            if not f"{path}/".startswith(ours)
        },
        private=dict(_private(repo.common_dir)),
    )


def changes(repo: Repository, before: Picture, now: Picture, *, follows_origin: bool) -> list[str]:
    """Return what changed from one picture to another, a phrase for each; landings do not count.

    Neither do new branches, which take nothing from anybody, nor, with ``follows_origin``, commits
    that origin has.
    """
    said: list[str] = []
    if now.head != before.head:
        said.append(f"HEAD went from {before.head} to {now.head}")
    landed: set[str] = set()
    for name, old in sorted(before.branches.items()):
        new = now.branches.get(name)
        if old == new:
            continue
        what = _moved(repo, name, old, new, follows_origin=follows_origin)
        said += [what] if what else []
        if new and name == now.head:
            landed = set(repo.git.text("diff", "--name-only", "-z", old, new).split("\0"))
    for path in _different(before.files, now.files):
        # A landing that was writing its files when the first picture was taken is through now.
        if path in now.files or path not in landed or before.head != now.head:
            said.append(path)
    said += [f".git/{path}" for path in _different(before.private, now.private)]
    return [printable(text.encode("utf-8", "replace").decode()) for text in said]


def _branches(repo: Repository) -> dict[str, str]:
    """Return what the refs of branches hold: read without git, whose start costs more than that."""
    common_dir = repo.common_dir
    if (common_dir / "reftable").is_dir():
        return refs_under(repo.git, _BRANCHES)
    found: dict[str, str] = {}
    for line in _read(common_dir / "packed-refs").splitlines():
        oid, _, ref = line.partition(" ")
        if ref.startswith(_BRANCHES):
            found[ref] = oid
    for parent, folders, files in os.walk(common_dir / _BRANCHES):
        here = os.path.relpath(parent, common_dir)
        # Our own are many, and of no interest.
        folders[:] = [name for name in folders if not f"{here}/{name}/".startswith(_OURS)]
        found |= {f"{here}/{name}": _read(Path(parent, name)).strip() for name in files}
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""


def _different(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))


def _moved(repo: Repository, name: str, old: str, new: str | None, *, follows_origin: bool) -> str:
    """Return what became of a branch, empty where all of it was ours to do."""
    if new is None:
        return f"branch {name} was deleted"
    if not is_ancestor(repo.git, old, new):
        return f"branch {name} was moved from {old[:10]} to {new[:10]}"
    known = ("--remotes=origin",) if follows_origin else ()
    added = repo.git.text("rev-list", "--first-parent", new, "--not", old, *known).split()
    pins = refs_under(repo.git, KEEP_PREFIX)
    ours = {oid for ref, oid in pins.items() if _LANDED in ref}
    count = sum(oid not in ours for oid in added)
    return f"branch {name} has {count} new commit{'s' if count > 1 else ''}" if count else ""


def uncommitted(worktree: Path) -> tuple[str, Mapping[str, str]] | None:
    """Return what tells the states apart of the work in a worktree that is on no branch.

    None where there is none.
    """
    state = parse_status(at_worktree(worktree).run(*ARGUMENTS).stdout)
    if state.clean and state.branch is not None:
        return None
    return state.head, _files(worktree, state.entries)


def _files(top: Path, entries: Iterable[StatusEntry]) -> dict[str, str]:
    return {entry.path: f"{entry.code} {_state_of(top / entry.path)}" for entry in entries}


def _private(common_dir: Path) -> Iterator[tuple[str, str]]:
    """Give the files by which a repository makes git do things, and what tells their states apart.

    The configuration by its text, without what it says of our branches.
    """
    for name in ("config", "config.worktree"):
        try:
            text = (common_dir / name).read_bytes()
        except FileNotFoundError:
            continue
        yield name, hashlib.sha256(_OUR_SECTION.sub(b"", text)).hexdigest()
    for path in sorted((common_dir / "hooks").glob("*")):
        yield f"hooks/{path.name}", _state_of(path)


def _state_of(path: Path) -> str:
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return "gone"
    if stat.S_ISDIR(found.st_mode):
        return "folder"
    return f"{found.st_mode:o} {found.st_size} {found.st_mtime_ns}"
