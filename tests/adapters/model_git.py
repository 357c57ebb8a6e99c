"""Git without files: commits as sets of changes, and refs that move by compare-and-swap.

A commit is known by what it is made of, so making it again gives the same one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Made:
    """A commit: what it has in it, and all commits below it with itself."""

    changes: frozenset[str]
    history: frozenset[str]


class ModelGit:
    """One repository. Oids count up, so that they are the same in each run of a seed."""

    def __init__(self) -> None:
        self.commits: dict[str, Made] = {}
        self.refs: dict[str, str] = {}
        self.kept: set[str] = set()
        self._ids: dict[tuple[tuple[str, ...], frozenset[str], str], str] = {}
        self._trees: dict[frozenset[str], str] = {}

    def commit(self, parents: tuple[str, ...], added: Iterable[str], message: str) -> str:
        """Return the commit of these parents with what is added to the union of theirs."""
        new = frozenset(added)
        key = (parents, new, message)
        if key not in self._ids:
            oid = self._ids[key] = f"c{len(self._ids) + 1}"
            made = [self.commits[parent] for parent in parents]
            changes = new.union(*(parent.changes for parent in made))
            history = frozenset({oid}).union(*(parent.history for parent in made))
            self.commits[oid] = Made(changes, history)
        return self._ids[key]

    def revert(self, tip: str, merge: str, before: str) -> str:
        """Return the commit on ``tip`` that has not what ``merge`` brought to ``before``."""
        key = ((tip,), self.changes(merge) - self.changes(before), f"revert {merge}")
        if key not in self._ids:
            oid = self._ids[key] = f"c{len(self._ids) + 1}"
            history = self.commits[tip].history | {oid}
            self.commits[oid] = Made(self.changes(tip) - key[1], history)
        return self._ids[key]

    def tree(self, commit: str) -> str:
        changes = self.commits[commit].changes
        return self._trees.setdefault(changes, f"t{len(self._trees) + 1}")

    def contains(self, tip: str, commit: str) -> bool:
        return commit in self.commits[tip].history

    def changes(self, commit: str) -> frozenset[str]:
        return self.commits[commit].changes

    def move(self, ref: str, new: str, old: str | None) -> None:
        """Move a ref that is where it is expected to be; what it leaves must be in ``new``."""
        assert self.refs.get(ref) == old, f"{ref} is at {self.refs.get(ref)}, not {old}"
        assert old is None or self.contains(new, old), f"{ref} loses {old}"
        self.refs[ref] = new

    def put(self, ref: str, new: str) -> None:
        """Keep what a ref points to, then let it point elsewhere."""
        self.drop(ref)
        self.refs[ref] = new

    def drop(self, ref: str) -> None:
        """Keep what a ref points to, then delete it."""
        if ref in self.refs:
            self.kept.add(self.refs.pop(ref))

    def is_reachable(self, commit: str) -> bool:
        return any(self.contains(tip, commit) for tip in (*self.refs.values(), *self.kept))
