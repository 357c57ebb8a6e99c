"""The refs in which the local forge keeps change requests: read them, append events.

One ref for each request, ``refs/agentrelay/pr/<number>``. An event is a commit without files; its
first parent is the previous event, the others are the commits that the request speaks of, so that
these are kept from garbage collection and travel with the one ref.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentrelay._shared.clock import parse_rfc3339
from agentrelay.errors import ForgeError, FormatError
from agentrelay.forge.implementations.local_record import Record, decode, encode
from agentrelay.gitio.command import Git
from agentrelay.gitio.commits import Commit, read_commits
from agentrelay.gitio.merge import Signature, commit_tree
from agentrelay.gitio.refs import RefUpdate

PREFIX = "refs/agentrelay/pr/"


@dataclass(frozen=True)
class Stored:
    """A request as it is kept: ``tip`` is the commit of its newest event."""

    tip: str
    record: Record


@dataclass(frozen=True)
class Listing:
    """All readable requests, newest first; the next free number; a branch's tip, if it exists."""

    requests: tuple[Stored, ...]
    free_number: int
    branch_tip: str | None


@dataclass(frozen=True)
class LocalStore:
    """The change requests of one repository."""

    git: Git

    def list(self, branch: str | None = None) -> Listing:
        """Return every request and, as of the same moment, the tip of ``branch`` if one is given.

        One git process. A ref that is not ours or newer than we are is left out, its number not
        used again.
        """
        branch_ref = f"refs/heads/{branch}"
        prefixes = (PREFIX, branch_ref) if branch else (PREFIX,)
        output = self.git.run("for-each-ref", _FORMAT, *prefixes).stdout
        numbers = [0]
        requests: list[Stored] = []
        branch_tip: str | None = None
        for entry in output.decode("utf-8", "surrogateescape").split("\0\n")[:-1]:
            ref, oid, message = entry.split("\0", 2)
            if ref == branch_ref:
                branch_tip = oid
            number = _number(ref)
            numbers.append(number)
            record = _decode_or_none(number, message)
            if record and ref == _ref(number):
                requests.append(Stored(oid, record))
        requests.sort(key=lambda stored: stored.record.request.number, reverse=True)
        return Listing(tuple(requests), max(numbers) + 1, branch_tip)

    def read(self, number: int) -> Stored | None:
        """Return the request of that number, or None; errors as of ``decode``."""
        return self.read_with(number, ())[0]

    def read_with(
        self, number: int, names: Sequence[str]
    ) -> tuple[Stored | None, list[Commit | None]]:
        """Return the request of that number and the commits of ``names``, by one git process."""
        ours, *others = read_commits(self.git, [_ref(number), *names])
        return (Stored(ours.oid, decode(number, ours.message)) if ours else None), others

    def events(self, number: int) -> list[tuple[str, Record]]:
        """Return the request's events, oldest first, each with the id of its commit."""
        stored = self.read(number)
        if stored is None:
            return []
        count = f"--max-count={stored.record.event.count}"
        walked = self.git.text("rev-list", "--first-parent", count, stored.tip).split()
        commits = read_commits(self.git, list(reversed(walked)))
        return [(commit.oid, decode(number, commit.message)) for commit in commits if commit]

    def append(self, previous: Stored | None, record: Record) -> RefUpdate:
        """Write the commit of an event and return the move of the request's ref that adds it.

        Nothing is changed before that move is made. The commit's id follows from the arguments.
        """
        request = record.request
        ref = _ref(request.number)
        if previous is None and request.number == 1:
            # git knows this tree without having it, but fsck and other programs miss it
            self.git.run("hash-object", "-t", "tree", "-w", "--stdin", stdin=b"")
        named = (previous and previous.tip, request.head, record.base_tip, request.merge_commit)
        parents = list(dict.fromkeys(oid for oid in named if oid))
        tree = _EMPTY_TREE[len(request.head)]
        signature = Signature(*_IDENTITY, int(parse_rfc3339(record.event.time)))
        commit = commit_tree(
            self.git, tree, parents, encode(record), author=signature, committer=signature
        )
        return RefUpdate(ref, commit, previous.tip if previous else None)


_FORMAT = "--format=%(refname)%00%(objectname)%00%(contents)%00"

_IDENTITY = ("agentrelay", "agentrelay@localhost")

_EMPTY_TREE = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
"""The tree without entries, by the length of the repository's object ids."""


def _ref(number: int) -> str:
    return f"{PREFIX}{number}"


def _number(ref: str) -> int:
    """Return the number that a ref takes, also one that only stands in the way of it; else 0."""
    name = ref.removeprefix(PREFIX).partition("/")[0]
    return int(name) if name.isascii() and name.isdigit() else 0


def _decode_or_none(number: int, message: str) -> Record | None:
    try:
        return decode(number, message)
    except (FormatError, ForgeError):
        return None
