"""Which commits are there, and which does a ref lead to: what is not lost, proved by git."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentrelay.gitio.command import Git
from agentrelay.gitio.refs import refs_under

BY_REFS = ("--branches", "--tags", "--remotes", "--glob=refs/agentrelay")
"""The refs that keep work: what is checked out in some worktree, or in a reflog, is no ref."""

_AT_ONCE = 500
"""So many names are given to one git at once: an argument list has its limits."""


def absent(git: Git, oids: Iterable[str]) -> set[str]:
    """Return those of ``oids`` of which there is no object here."""
    wanted = list(dict.fromkeys(oids))
    if not wanted:
        return set()
    output = git.run("cat-file", "--batch-check=%(objecttype)", stdin=as_lines(wanted)).text
    kinds = zip(wanted, output.splitlines(), strict=True)
    return {oid for oid, kind in kinds if kind.endswith(" missing")}


def hollow_refs(git: Git, prefix: str) -> dict[str, str]:
    """Return the refs below ``prefix`` whose object is not there, each with the id that it holds.

    ``git gc --prune=now`` leaves such a ref where it runs just when another git writes.
    """
    refs = refs_under(git, prefix)
    gone = absent(git, refs.values())
    return {ref: oid for ref, oid in refs.items() if oid in gone}


def unreachable(git: Git, oids: Iterable[str]) -> list[str]:
    """Return those commits among ``oids`` to which no ref leads; what is absent is left out."""
    wanted = list(dict.fromkeys(oids))
    gone = absent(git, wanted)
    here = [oid for oid in wanted if oid not in gone]
    outside = {oid for oid, *_ in beyond_refs(git, here)}
    return [oid for oid in here if oid in outside]


def beyond_refs(git: Git, oids: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the commits, each with its parents, that ``oids`` lead to and no ref does."""
    stdin = as_lines(oids)
    if not stdin:
        return []
    listed = git.run("rev-list", "--parents", "--stdin", "--not", *BY_REFS, stdin=stdin).text
    return [tuple(line.split()) for line in listed.splitlines()]


def outside(git: Git, oids: Iterable[str], roots: Iterable[str]) -> list[str]:
    """Return those commits among ``oids`` to which none of the commits ``roots`` leads."""
    wanted = list(dict.fromkeys(oids))
    if not wanted:
        return []
    stdin = as_lines(wanted) + "".join(f"^{oid}\n" for oid in roots).encode()
    found = set(git.run("rev-list", "--stdin", stdin=stdin).text.split())
    return [oid for oid in wanted if oid in found]


def holders(git: Git, refs: Sequence[str], oids: Sequence[str]) -> set[str]:
    """Return those of ``refs`` that lead to at least one of the commits ``oids``."""
    found: set[str] = set()
    for start in range(0, len(oids), _AT_ONCE):
        wanted = [f"--contains={oid}" for oid in oids[start : start + _AT_ONCE]]
        for first in range(0, len(refs), _AT_ONCE):
            named = refs[first : first + _AT_ONCE]
            found |= set(git.text("for-each-ref", "--format=%(refname)", *wanted, *named).split())
    return found & set(refs)


def is_whole(git: Git, oids: Iterable[str]) -> bool:
    """Tell whether every object is there that these commits need and no branch or tag has."""
    stdin = as_lines(oids)
    others = ("--not", "--branches", "--tags", "--remotes")
    done = git.run("rev-list", "--objects", "--quiet", "--stdin", *others, stdin=stdin, ok=(0, 128))
    return done.returncode == 0


def bytes_of(git: Git, oids: Sequence[str], but: Iterable[str]) -> int:
    """Return how many bytes on disk ``oids`` take that neither branches, tags nor ``but`` need."""
    others = [f"^{oid}\n" for oid in but]
    stdin = as_lines(oids) + "".join(others).encode()
    refs = ("--not", "--branches", "--tags", "--remotes", "--glob=refs/agentrelay/pr")
    done = git.run("rev-list", "--disk-usage", "--objects", "--stdin", *refs, stdin=stdin)
    return int(done.text or 0)


def as_lines(oids: Iterable[str]) -> bytes:
    """Return object ids as git reads them, one a line."""
    return "".join(f"{oid}\n" for oid in oids).encode()
