"""Commits as values: what several of them say, read at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentrelay.gitio.command import Git


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: ids of itself, its tree and its parents, and its whole message."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    message: str


def read_commits(git: Git, names: Sequence[str]) -> list[Commit | None]:
    """Return the commit that each name (a full ref or id) points at; None where it is no commit.

    One git process at most.
    """
    output = git.resident.read(names) if git.resident else None
    if output is None:
        names_in = "".join(f"{name}\n" for name in names).encode()
        output = git.run("cat-file", "--batch", stdin=names_in).stdout
    return list(parse_commits(output))


def parse_commits(output: bytes) -> Iterator[Commit | None]:
    """Give, for each answer of ``git cat-file --batch``, the commit, or None for anything else."""
    position = 0
    while position < len(output):
        header = _HEADER.match(output, position)
        if header is None:
            yield None
            position = output.index(b"\n", position) + 1
            continue
        oid, kind, size = header.groups()
        content = output[header.end() : header.end() + int(size)]
        position = header.end() + len(content) + 1
        yield _commit(oid.decode(), content) if kind == b"commit" else None


_HEADER = re.compile(rb"([0-9a-f]+) (\w+) (\d+)\n")
"""What git-cat-file(1) prints before an object's content; for a name without object it differs."""


def _commit(oid: str, content: bytes) -> Commit:
    header, _, message = content.decode("utf-8", "surrogateescape").partition("\n\n")
    facts = [line.split(" ", 1) for line in header.splitlines() if " " in line]
    tree = next(value for key, value in facts if key == "tree")
    parents = tuple(value for key, value in facts if key == "parent")
    return Commit(oid, tree, parents, message)
