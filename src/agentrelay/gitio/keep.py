"""Keep refs: what is pinned under `refs/agentrelay/keep/` stays reachable whatever is deleted."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentrelay.errors import RefMovedError
from agentrelay.gitio.command import Git
from agentrelay.gitio.merge import Signature, commit_tree
from agentrelay.gitio.refs import RefUpdate, refs_under, resolve, update_refs
from agentrelay.gitio.repository import Identity, Repository, at_worktree
from agentrelay.gitio.snapshot import snapshot

KEEP_PREFIX = "refs/agentrelay/keep/"
_FORMAT = "--format=%(refname) %(objectname) %(tree) %(parent)"


@dataclass(frozen=True, slots=True)
class _Pin:
    ref: str
    oid: str
    content: tuple[str, ...]
    """Its tree and parents: what makes two snapshots the same but for their time."""


def pin_commit(where: Repository | Git, name: str, oid: str) -> str:
    """Return the keep ref that holds ``oid``: ``name``, or ``name-2`` ... where that is taken.

    A pin is never moved. The same commit under the same name is pinned once.
    """
    git = where.git if isinstance(where, Repository) else where
    ref = KEEP_PREFIX + name
    # Mostly the name is free, or holds this very commit: then its successors need no look.
    first = resolve(git, ref)
    if first is None:
        with contextlib.suppress(RefMovedError):
            update_refs(git, [RefUpdate(ref, oid, None)], reason="agentrelay: keep")
            return ref
    if first == oid:
        return ref
    while True:
        pins = _pins(git, name)
        held = next((pin.ref for pin in pins if pin.oid == oid), None)
        if held is not None:
            return held
        ref = _free(name, {pin.ref for pin in pins})
        try:
            update_refs(git, [RefUpdate(ref, oid, None)], reason="agentrelay: keep")
        except RefMovedError:
            continue
        return ref


def pin_commits(git: Git, folder: str, commits: Mapping[str, str]) -> None:
    """Pin several commits as ``pin_commit`` does, each under its name below ``folder``, at once.

    Two git processes, however many they are.
    """
    while True:
        known = refs_under(git, KEEP_PREFIX + folder)
        wanted = {f"{folder}/{leaf}": oid for leaf, oid in commits.items()}
        updates = [
            RefUpdate(_free(name, set(known)), oid, None)
            for name, oid in wanted.items()
            if oid not in _held(known, name)
        ]
        try:
            update_refs(git, updates, reason="agentrelay: keep")
        except RefMovedError:
            continue
        return


def pin_worktree(  # noqa: PLR0913 - what a pin consists of
    worktree: Path,
    name: str,
    message: str,
    identity: Identity,
    date: float,
    *,
    limit_bytes: int | None = None,
) -> str | None:
    """Pin the uncommitted work in ``worktree`` and return its commit; None where there is none.

    Tracked changes and untracked files that are not ignored are kept, with HEAD as the parent, and
    the work in submodules and inner repositories as further parents. Worktree, index and HEAD stay
    as they are. The same content is pinned once. ``date`` is in Unix seconds.
    Untracked files of more than ``limit_bytes`` are left out.
    """
    git = at_worktree(worktree)
    signature = Signature(identity.name, identity.email, int(date))
    taken = snapshot(git, message, signature, limit_bytes=limit_bytes)
    if not taken.changed:
        return None
    same = _same(git, name, (taken.tree, *taken.parents))
    if same is None:
        pin_commit(git, name, taken.commit)
    return same or taken.commit


def pin_tree(  # noqa: PLR0913 - what a commit consists of
    git: Git, name: str, tree: str, parents: Sequence[str], *, message: str, who: Signature
) -> str:
    """Pin a tree on ``parents`` and return its commit; the same content is pinned once."""
    same = _same(git, name, (tree, *parents))
    if same is not None:
        return same
    commit = commit_tree(git, tree, parents, message, author=who, committer=who)
    pin_commit(git, name, commit)
    return commit


def _same(git: Git, name: str, content: tuple[str, ...]) -> str | None:
    return next((pin.oid for pin in _pins(git, name) if pin.content == content), None)


def _pins(git: Git, name: str) -> list[_Pin]:
    ref = KEEP_PREFIX + name
    lines = git.text("for-each-ref", _FORMAT, ref, f"{ref}-*").splitlines()
    pins: list[_Pin] = []
    for line in lines:
        found, oid, *content = line.split()
        suffix = found.removeprefix(ref)
        if not suffix or suffix[1:].isdigit():
            pins.append(_Pin(found, oid, tuple(content)))
    return pins


def _held(known: Mapping[str, str], name: str) -> set[str]:
    """Return what is pinned under ``name`` and its numbered successors."""
    held: set[str] = set()
    ref, number = KEEP_PREFIX + name, 1
    while (candidate := ref if number == 1 else f"{ref}-{number}") in known:
        held.add(known[candidate])
        number += 1
    return held


def _free(name: str, taken: set[str]) -> str:
    ref = KEEP_PREFIX + name
    number = 1
    while (candidate := ref if number == 1 else f"{ref}-{number}") in taken:
        number += 1
    return candidate
