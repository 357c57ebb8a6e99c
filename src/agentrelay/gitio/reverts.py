"""Reverts: take a merge back without a worktree; read from messages what reverts what.

Messages say it in git's own words, so that what a person reverts by hand counts as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agentrelay.gitio.command import Git
from agentrelay.gitio.merge import CleanMerge, MergeConflict, Signature, commit_tree, merge_trees
from agentrelay.gitio.refs import tree_of

_WORDS = re.compile(r"^This reverts commit ([0-9a-f]{40}(?:[0-9a-f]{24})?)\b", re.MULTILINE)
_NOBODY = Signature("agentrelay", "agentrelay@localhost", 0)


def revert_trees(git: Git, tip: str, merge: str) -> CleanMerge | MergeConflict:
    """Return ``tip`` without what ``merge`` brought: the tree of ``git revert -m 1``.

    git before 2.40 can't be told a merge's base, so one is made: three commits that no ref has.
    """
    base = _made(git, tree_of(git, merge))
    ours = _made(git, tree_of(git, tip), base)
    theirs = _made(git, tree_of(git, f"{merge}^1"), base)
    return merge_trees(git, ours, theirs)


def revert_message(subject: str, merge: str, first_parent: str) -> str:
    """Return the message of the commit that takes a merge back, as git words it."""
    return (
        f'Revert "{subject}"\n\n'
        f"This reverts commit {merge}, reversing\nchanges made to {first_parent}."
    )


def reverts_in(git: Git, tips: Sequence[str], since: Sequence[str]) -> dict[str, list[str]]:
    """Return for each reverted commit those that revert it, of what ``tips`` contain.

    Of history, what all commits in ``since`` contain is left out. At most two git processes.
    """
    base = git.run("merge-base", "--octopus", *since, ok=(0, 1)).text
    limits = [f"^{base}"] if base else []
    grep = ("-z", "--format=%H%n%B", "--fixed-strings", "--grep=This reverts commit ")
    listed = git.run("log", *grep, *tips, *limits, "--").stdout.decode("utf-8", "replace")
    found: dict[str, list[str]] = {}
    for entry in listed.split("\0"):
        oid, _, message = entry.partition("\n")
        for reverted in _WORDS.findall(message):
            found.setdefault(reverted, []).append(oid)
    return found


def stands(commit: str, reverts: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether a commit was not taken back, or that was taken back in its turn."""
    return not any(stands(other, reverts) for other in reverts.get(commit, ()))


def _made(git: Git, tree: str, *parents: str) -> str:
    return commit_tree(git, tree, parents, "a side", author=_NOBODY, committer=_NOBODY)
