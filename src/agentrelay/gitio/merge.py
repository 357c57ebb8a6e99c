"""Merging: trees in the object database, commits made reproducibly, worktrees brought along.

No merge here ever prefers a side; what does not merge cleanly is a value for a person or agent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agentrelay.errors import GitError
from agentrelay.gitio.command import Git
from agentrelay.gitio.commit_object import commit_object, ident
from agentrelay.gitio.lock import landing_lock
from agentrelay.gitio.refs import FULL_OID, require_commit


@dataclass(frozen=True, slots=True)
class Signature:
    """Who made a commit, and when, in whole seconds since the Unix epoch (written as UTC).

    ``sign`` has git sign it with the user's key; such a commit is not made the same again.
    """

    name: str
    email: str
    time_unix: int
    sign: bool = False


@dataclass(frozen=True, slots=True)
class CleanMerge:
    """Both sides merged without a conflict; ``tree`` is the result."""

    tree: str


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """The sides touch the same places in ``files``; ``tree`` has the conflict markers.

    ``report`` is git's own account, one line for each thing it did or could not do.
    """

    files: tuple[str, ...]
    tree: str
    report: str


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The branch and its worktree are at the commit."""


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Nothing was done; ``why`` is git's own words, or names what is under way in the worktree."""

    why: str


def merge_trees(git: Git, ours: str, theirs: str) -> CleanMerge | MergeConflict:
    """Merge two commits without a worktree; GitError where they have no common history.

    With full object ids this is one git process.
    """
    sides = (_commit_id(git, ours), _commit_id(git, theirs))
    argv = ("merge-tree", "--write-tree", "-z", "--name-only", "--messages", *sides)
    output = git.run(*argv, ok=(0, 1))
    tree, _, rest = output.stdout.decode("utf-8", "surrogateescape").partition("\0")
    # exit code 1 also means a bad revision; only a merge begins with the tree's id
    if not FULL_OID.fullmatch(tree):
        words = output.stderr.strip()
        message = f"git merge-tree: {words}"
        raise GitError(message, argv=("git", *argv), cwd=git.cwd, returncode=1, stderr=words)
    if output.returncode == 0:
        return CleanMerge(tree)
    # PATH\0 ... \0 \0, then for each message COUNT\0 PATH\0 ... TYPE\0 TEXT\0
    names, _, messages = rest.partition("\0\0")
    files = tuple(dict.fromkeys(name for name in names.split("\0") if name))
    return MergeConflict(files, tree, _report(messages))


def commit_tree(  # noqa: PLR0913 - what a commit consists of
    git: Git,
    tree: str,
    parents: Sequence[str],
    message: str,
    *,
    author: Signature,
    committer: Signature,
) -> str:
    """Write a commit and return its id; the same arguments give the same id, ever.

    No hook runs, no ref moves. Only a committer who signs has it signed, and then the id differs.
    """
    written = _written(git, tree, parents, message, (author, committer))
    if written is not None:
        return written
    env = {
        "GIT_AUTHOR_NAME": author.name,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_AUTHOR_DATE": f"@{author.time_unix} +0000",
        "GIT_COMMITTER_NAME": committer.name,
        "GIT_COMMITTER_EMAIL": committer.email,
        "GIT_COMMITTER_DATE": f"@{committer.time_unix} +0000",
    }
    parent_args = [arg for parent in parents for arg in ("-p", parent)]
    content = message.encode("utf-8", "surrogateescape")
    signing = ("-S",) if committer.sign else ()
    return git.run(
        "commit-tree", *signing, *parent_args, "-F", "-", tree, stdin=content, env=env
    ).text


def fast_forward_checked_out(
    git: Git, worktree: Path, commit: str, *, branch: str
) -> Forwarded | InTheWay:
    """Bring ``branch``, which is checked out in ``worktree``, and its files to ``commit``.

    Local changes stay, also ignored files; where they are in the way, nothing is done. So it is
    where another branch is checked out there meanwhile or ``commit`` is no descendant. Of several
    at once, one after the other does it: two gits would write the same files.
    """
    if not worktree.is_dir():
        return InTheWay(f"the worktree {worktree} is gone: git worktree repair, or prune")
    there = git.at(worktree)
    answer = there.text("rev-parse", "--path-format=absolute", *_WHERE)
    git_dir, common_dir, head = answer.split("\n", 2)
    if head != f"refs/heads/{branch}":
        return InTheWay(f"{worktree} stands on {head}, no longer on {branch}")
    for name, what in _UNDER_WAY:
        if Path(git_dir, name).exists():
            return InTheWay(f"{what} is under way in {worktree}")
    try:
        with landing_lock(Path(common_dir)):
            output = there.run("merge", *_FORWARD_ONLY, commit, ok=(0, 1))
    except GitError as error:
        if any(words in error.stderr for words in _REFUSALS):
            return InTheWay(error.stderr.strip())
        raise
    return InTheWay(output.stderr.strip()) if output.returncode else Forwarded()


def both_sides_present(git: Git, merge_commit: str) -> list[str]:
    """Return what of the parents' changes a merge commit lacks, a sentence each; empty is proof.

    The parents are merged again. The same tree is the proof. Where it differs (a person resolved
    or edited it), a file must not be as one parent has it where merging gives more; of the files
    in conflict, some may, but not all of them from the same parent.
    """
    tree, *parents = git.text("rev-parse", f"{merge_commit}^{{tree}}", f"{merge_commit}^@").split()
    if len(parents) != _SIDES:
        return [f"{merge_commit} has {len(parents)} parents, a merge has two"]
    again = merge_trees(git, *parents)
    if again.tree == tree and isinstance(again, CleanMerge):
        return []
    conflicts = set(again.files) if isinstance(again, MergeConflict) else set[str]()
    expected, found = _files(git, again.tree), _files(git, tree)
    changed = {path for path in expected | found if expected.get(path) != found.get(path)}
    lacking: list[str] = []
    first, second = (_files(git, parent) for parent in parents)
    contested = {path for path in conflicts if first.get(path) != second.get(path)}
    for side, other, files in ((*parents, first), (*reversed(parents), second)):
        as_side = {path for path in changed | contested if found.get(path) == files.get(path)}
        dropped = as_side if contested <= as_side else as_side - contested
        lacking += [
            f"{path}: as in {side}, without what {other} changed" for path in sorted(dropped)
        ]
    return lacking


_SIDES: Final = 2

_WHERE: Final = ("--git-dir", "--git-common-dir", "--symbolic-full-name", "HEAD")

_FORWARD_ONLY: Final = (
    "--ff-only",
    "--no-autostash",
    "--no-overwrite-ignore",
    "--no-verify-signatures",
    "--no-stat",
)

_UNDER_WAY: Final = (
    ("MERGE_HEAD", "a merge"),
    ("CHERRY_PICK_HEAD", "a cherry-pick"),
    ("REVERT_HEAD", "a revert"),
    ("rebase-merge", "a rebase"),
    ("rebase-apply", "a rebase or git am"),
    ("BISECT_LOG", "a bisection"),
)

_REFUSALS: Final = (
    "Not possible to fast-forward",
    "because of an unresolved conflict",
    # Somebody's git moved the branch while the files were written.
    "cannot lock ref 'HEAD': is at",
)


def _commit_id(git: Git, rev: str) -> str:
    return rev if FULL_OID.fullmatch(rev) else require_commit(git, rev)


def _written(
    git: Git, tree: str, parents: Sequence[str], message: str, who: tuple[Signature, Signature]
) -> str | None:
    """Have a resident write a commit; None where there is none, or git itself must form it."""
    author, committer = (ident(each.name, each.email, each.time_unix) for each in who)
    if git.resident is None or who[1].sign or not author or not committer:
        return None
    content = commit_object(tree, parents, message, author=author, committer=committer)
    return None if content is None else git.resident.write_commit(content)


def _report(messages: str) -> str:
    fields = iter(messages.split("\0"))
    lines: list[str] = []
    for count in fields:
        if not count.isdigit():
            break
        *_, text = (next(fields, "") for _ in range(int(count) + 2))
        lines.append(text.strip())
    return "\n".join(line for line in lines if line)


def _files(git: Git, tree: str) -> dict[str, str]:
    listed = git.run("ls-tree", "-r", "-z", "--full-tree", tree).stdout
    entries = listed.decode("utf-8", "surrogateescape").split("\0")
    pairs = (entry.split("\t", 1) for entry in entries if entry)
    return {path: facts for facts, path in pairs}
