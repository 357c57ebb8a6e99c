"""What refs and commits say, and the one way to move refs: a checked transaction.

Revisions are what git takes; object ids that are returned are full. Branches are given by their
short name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from agentrelay.errors import GitError, RefMovedError
from agentrelay.gitio.command import Git
from agentrelay.gitio.commits import parse_commits, read_commits

FULL_OID: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Expected(Enum):
    """What a ref may hold beside an object id or nothing."""

    ANY = "any"


ANY: Final = Expected.ANY
"""As ``RefUpdate.old``: whatever the ref holds now."""


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """One ref's move to ``new`` (None deletes it) if it is at ``old`` (None: must not exist).

    ``new`` and ``old`` both None only checks that the ref does not exist.
    """

    ref: str
    new: str | None
    old: str | Literal[Expected.ANY] | None


def resolve(git: Git, rev: str) -> str | None:
    """Return the id of the commit that ``rev`` names, or None where it names none."""
    wanted = f"{rev}^{{commit}}"
    answer = git.resident.read([wanted]) if git.resident else None
    if answer is not None:
        commit = next(parse_commits(answer))
        return commit.oid if commit else None
    output = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", wanted, ok=(0, 1))
    return output.text or None


def require_commit(git: Git, rev: str) -> str:
    """Return the id of the commit that ``rev`` names; GitError where it names none."""
    commit = resolve(git, rev)
    if commit is None:
        raise GitError(f"{rev!r} is no commit here", argv=("git", "rev-parse", rev), cwd=git.cwd)
    return commit


def tree_of(git: Git, commit: str) -> str:
    """Return the id of a commit's tree."""
    if git.resident is not None and (found := read_commits(git, [commit])[0]) is not None:
        return found.tree
    return git.text("rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}")


def is_ancestor(git: Git, ancestor: str, descendant: str) -> bool:
    """Tell whether ``descendant`` is or contains ``ancestor``."""
    output = git.run("merge-base", "--is-ancestor", ancestor, descendant, ok=(0, 1))
    return output.returncode == 0


def merge_base(git: Git, a: str, b: str) -> str | None:
    """Return the best common ancestor of two commits, or None where they have none."""
    return git.run("merge-base", a, b, ok=(0, 1)).text or None


def contains_all(git: Git, commit: str, oids: Iterable[str]) -> list[str]:
    """Return those of ``oids`` (full ids of commits) that ``commit`` does not contain.

    An id of which there is no commit is among them.
    """
    wanted = list(dict.fromkeys(oids))
    if not wanted:
        return []
    lines = "\n".join([*wanted, f"^{commit}", ""])
    output = git.run("rev-list", "--stdin", stdin=lines.encode(), ok=(0, 128))
    if output.returncode == 0:
        outside = set(output.text.split())
        return [oid for oid in wanted if oid in outside]
    here = [oid for oid in wanted if resolve(git, oid) == oid]
    if len(here) == len(wanted):
        require_commit(git, commit)
        raise GitError(f"git rev-list: {output.stderr.strip()}", cwd=git.cwd, stderr=output.stderr)
    outside = set(contains_all(git, commit, here))
    return [oid for oid in wanted if oid in outside or oid not in here]


def refs_under(git: Git, prefix: str) -> dict[str, str]:
    """Return the refs below ``prefix`` (whole components), each with the id that it holds."""
    listed = git.text("for-each-ref", "--format=%(objectname) %(refname)", prefix)
    pairs = (line.split(" ", 1) for line in listed.splitlines())
    return {ref: oid for oid, ref in pairs}


def update_refs(git: Git, updates: Sequence[RefUpdate], *, reason: str) -> None:
    """Make all ``updates`` as one transaction, or none; ``reason`` goes into existing reflogs.

    The logs of our own refs may do without the reason, where residents move them.
    RefMovedError where a ref is not at its expected value. A lock that another git holds is waited
    for; where it stays, GitError with ``transient``.
    """
    if not updates:
        return
    stdin = b"".join(_command(update) for update in updates)
    if git.resident is not None and git.resident.move((update.ref for update in updates), stdin):
        return
    try:
        git.run("update-ref", "-m", reason, "--stdin", "-z", stdin=stdin)
    except GitError as error:
        if not _NOT_AS_EXPECTED.search(error.stderr):
            raise
        raise RefMovedError(
            error.message,
            argv=error.argv,
            cwd=error.cwd,
            returncode=error.returncode,
            stderr=error.stderr,
        ) from error


_NOT_AS_EXPECTED = re.compile(
    r"cannot lock ref '.*': (is at [0-9a-f]+ but expected|reference already exists"
    r"|reference is missing but expected|unable to resolve reference '[^']*'$)",
    re.MULTILINE,
)
"""git's words for a compare-and-swap that did not hold (its refs/files-backend.c)."""


def _command(update: RefUpdate) -> bytes:
    old = "" if update.old is None or update.old is ANY else update.old
    match update.new, update.old:
        case None, None:
            fields = [f"verify {update.ref}", ""]
        case None, _:
            fields = [f"delete {update.ref}", old]
        case new, None:
            fields = [f"create {update.ref}", new]
        case new, _:
            fields = [f"update {update.ref}", new, old]
    return b"".join(field.encode("utf-8", "surrogateescape") + b"\0" for field in fields)
