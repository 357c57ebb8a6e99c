"""What is pinned under the keep refs, as git tells it, and how much each pin differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agentrelay.gitio.command import Git
from agentrelay.gitio.keep import KEEP_PREFIX
from agentrelay.gitio.reach import absent, as_lines
from agentrelay.gitio.refs import merge_base, refs_under, resolve

_COMMITS = ("rev-list", "--no-walk=unsorted", "--no-commit-header", "--stdin")
_FORMAT = "--format=%H%x00%T%x00%P%x00%ct%x00%s"
_LAST_TIME = 253402300799
"""The end of the year 9999: whoever dates a commit later means nothing by it."""
_UNCOMMITTED = ("Kept from ", "Kept when ", "agentrelay: files found at ")
"""How the subjects begin that commits of uncommitted files are given where they are pinned."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A keep ref; ``time`` is its commit's, in Unix seconds, 0 where that has none."""

    ref: str
    oid: str
    tree: str
    parents: tuple[str, ...]
    time: int
    subject: str

    @property
    def name(self) -> str:
        """Return the pin's name, below the keep refs."""
        return self.ref.removeprefix(KEEP_PREFIX)

    @property
    def uncommitted(self) -> bool:
        """Tell whether it is a commit of files that nobody had committed, on HEAD as it was."""
        return bool(self.parents) and self.subject.startswith(_UNCOMMITTED)


@dataclass(frozen=True, slots=True)
class Difference:
    """How many files differ, and how many lines were added and removed."""

    files: int
    added: int
    removed: int


def all_pins(git: Git) -> list[Pin]:
    """Return the pins that can be given back, by name: of the others the commit is gone."""
    refs = refs_under(git, KEEP_PREFIX.rstrip("/"))
    gone = absent(git, refs.values())
    here = {oid for oid in refs.values() if oid not in gone}
    listed = git.run(*_COMMITS, _FORMAT, stdin=as_lines(here)).text if here else ""
    facts = dict(line.split("\0", 1) for line in listed.split("\n") if line)
    return [_pin(ref, oid, facts[oid]) for ref, oid in refs.items() if oid in facts]


def tips(git: Git, oids: Iterable[str]) -> list[str]:
    """Return those of the commits ``oids`` that no other of them contains."""
    wanted = list(dict.fromkeys(oids))
    if len(wanted) < 2:  # noqa: PLR2004 - one contains itself only
        return wanted
    return git.text("merge-base", "--independent", *wanted).split()


def differences(git: Git, pins: Sequence[Pin]) -> list[Difference]:
    """Return, for each pin, how much it holds that HEAD does not: since where they parted."""
    head = resolve(git, "HEAD")
    bases = {oid: (merge_base(git, head, oid) if head else None) for oid in {p.oid for p in pins}}
    empty = git.text("mktree", stdin=b"")
    return [_difference(git, bases[pin.oid] or empty, pin.oid) for pin in pins]


def _difference(git: Git, base: str, oid: str) -> Difference:
    said = git.text("diff-tree", "--shortstat", base, oid)
    counts = (re.search(rf"(\d+) {what}", said) for what in ("file", "insertion", "deletion"))
    return Difference(*(int(count[1]) if count else 0 for count in counts))


def _pin(ref: str, oid: str, facts: str) -> Pin:
    tree, parents, time, subject = facts.split("\0", 3)
    time_unix = min(int(time or 0), _LAST_TIME)
    return Pin(ref, oid, tree, tuple(parents.split()), time_unix, subject)
