"""The bare repository below a forge's repository: reads it, merges in it, moves its branches.

By plumbing only: nothing is ever checked out. What depends on object ids alone is remembered.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar, cast

T = TypeVar("T")

GONE = "0" * 40


class MovedError(Exception):
    """A ref is not where it was expected to be; nothing was done."""


@dataclass(frozen=True)
class Commit:
    """A commit as the APIs show it."""

    sha: str
    parents: tuple[str, ...]
    tree: str
    name: str
    email: str
    date: datetime
    message: str


@dataclass(frozen=True)
class ChangedFile:
    """A file that a change request changes; ``patch`` is its hunks."""

    path: str
    status: str
    additions: int
    deletions: int
    patch: str = ""


@dataclass
class Bare:
    """The bare repository at ``path``."""

    path: Path
    known: dict[tuple[str, ...], object] = field(default_factory=dict[tuple[str, ...], object])

    def __deepcopy__(self, memo: object) -> Bare:
        """Return itself: there is one repository, whatever is remembered of the rest."""
        return self

    def git(
        self, *args: str, stdin: str | None = None, env: Mapping[str, str] | None = None
    ) -> str:
        """Return what git prints, without the last line end; LookupError where it fails."""
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            input=(stdin or "").encode(),
            env={**_environment(), **(env or {})},
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise LookupError(f"git {' '.join(args)}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode(errors="replace").rstrip("\n")

    def heads(self) -> dict[str, str]:
        """Return the branches and the commits that they are at."""
        form = "--format=%(objectname) %(refname:lstrip=2)"
        pairs = [
            line.split(" ", 1) for line in self.git("for-each-ref", form, "refs/heads").split("\n")
        ]
        return {name: sha for sha, name in (pair for pair in pairs if len(pair) == 2)}

    def resolve(self, rev: str) -> str | None:
        """Return the id of the commit that ``rev`` names, or None."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}")
        except LookupError:
            return None

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Tell whether the history of ``newer`` has ``older``."""
        return self._once(self._is_ancestor, older, newer)

    def _is_ancestor(self, older: str, newer: str) -> bool:
        try:
            self.git("merge-base", "--is-ancestor", older, newer)
        except LookupError:
            return False
        return True

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor, or None."""
        return self._once(self._merge_base, one, other)

    def _merge_base(self, one: str, other: str) -> str | None:
        try:
            return self.git("merge-base", one, other)
        except LookupError:
            return None

    def between(self, base: str, head: str) -> list[str]:
        """Return the commits of ``head`` that ``base`` has not, oldest first."""
        return self._once(self._between, base, head)

    def _between(self, base: str, head: str) -> list[str]:
        return self.git("rev-list", "--reverse", "--topo-order", f"{base}..{head}").split()

    def commit(self, sha: str) -> Commit:
        """Return a commit."""
        return self._once(self._commit, sha)

    def _commit(self, sha: str) -> Commit:
        form = "%H%x00%P%x00%T%x00%an%x00%ae%x00%at%x00%B"
        text = self.git("show", "--no-patch", f"--format={form}", sha)
        found, parents, tree, name, email, time, message = text.split("\0", 6)
        date = datetime.fromtimestamp(int(time), UTC)
        return Commit(found, tuple(parents.split()), tree, name, email, date, message.strip("\n"))

    def merged_tree(self, ours: str, theirs: str) -> str | None:
        """Return the tree of a merge, or None where there is a conflict."""
        return self._once(self._merged_tree, ours, theirs)

    def _merged_tree(self, ours: str, theirs: str) -> str | None:
        try:
            return self.git("merge-tree", "--write-tree", ours, theirs).split("\n")[0]
        except LookupError:
            return None

    def write_commit(
        self, tree: str, parents: Iterable[str], message: str, *, like: Commit | None = None
    ) -> str:
        """Write a commit; its author is that of ``like``."""
        args = [part for parent in parents for part in ("-p", parent)]
        env: dict[str, str] = {}
        if like is not None:
            env = {
                "GIT_AUTHOR_NAME": like.name,
                "GIT_AUTHOR_EMAIL": like.email,
                "GIT_AUTHOR_DATE": f"{int(like.date.timestamp())} +0000",
            }
        return self.git("commit-tree", tree, *args, stdin=message, env=env)

    def picked(self, shas: Sequence[str], onto: str) -> str | None:
        """Return the last of new commits that do on top of ``onto`` what these do, in order.

        None where one of them conflicts. Merges are left out, as by ``git rebase``.
        """
        for each in (self.commit(sha) for sha in shas):
            if len(each.parents) != 1:
                continue
            # A commit with that content on the parent makes the parent the base of the merge.
            aside = self.write_commit(self.commit(onto).tree, each.parents, "aside")
            tree = self.merged_tree(aside, each.sha)
            if tree is None:
                return None
            onto = self.write_commit(tree, [onto], each.message, like=each)
        return onto

    def move(self, ref: str, new: str, old: str) -> None:
        """Move, make (``old`` is zeros) or delete (``new`` is) a ref; MovedError otherwise."""
        try:
            self.git("update-ref", ref, new, old)
        except LookupError as error:
            raise MovedError(str(error)) from error

    def publish(self, number: int, head: str) -> None:
        """Let the head of a request be fetched, by its name on GitHub, Gitea and GitLab."""
        for kind in ("pull", "merge-requests"):
            self.git("update-ref", f"refs/{kind}/{number}/head", head)

    def diff(self, base: str, head: str) -> str:
        """Return what ``head`` changes since its merge base with ``base``."""
        return self.git("diff", f"{base}...{head}")

    def changed_files(self, base: str, head: str) -> list[ChangedFile]:
        """Return what ``head`` changes since its merge base with ``base``, file by file."""
        return self._once(self._changed_files, base, head)

    def _changed_files(self, base: str, head: str) -> list[ChangedFile]:
        between = ("--no-renames", f"{base}...{head}")
        named = self.git("diff", "--name-status", *between).splitlines()
        letters = {path: letter for letter, path in (line.split("\t", 1) for line in named)}
        hunks = _hunks(self.git("diff", "--no-prefix", *between))
        found: list[ChangedFile] = []
        for line in self.git("diff", "--numstat", *between).splitlines():
            added, deleted, path = line.split("\t", 2)
            status = {"A": "added", "D": "removed"}.get(letters[path], "modified")
            counts = [0 if count == "-" else int(count) for count in (added, deleted)]
            found.append(ChangedFile(path, status, *counts, patch=hunks.get(path, "")))
        return found

    def _once(self, ask: Callable[..., T], *ids: str) -> T:
        """Return what ``ask`` says of these ids, which it is asked once."""
        key = (ask.__name__, *ids)
        if key not in self.known:
            self.known[key] = ask(*ids)
        return cast("T", self.known[key])


def _hunks(diff: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in ("\n" + diff).split("\ndiff --git ")[1:]:
        head, at, body = part.partition("\n@@ ")
        path = head.splitlines()[0].split(" ")[-1]
        found[path] = f"@@ {body}" if at else ""
    return found


def _environment() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "forge",
        "GIT_AUTHOR_EMAIL": "noreply@forge.invalid",
        "GIT_COMMITTER_NAME": "forge",
        "GIT_COMMITTER_EMAIL": "noreply@forge.invalid",
    }
