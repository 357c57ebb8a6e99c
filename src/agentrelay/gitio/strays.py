"""Commits that somebody made in a worktree of ours, and that no branch of the lane has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from agentrelay.gitio.admin import linked_admin
from agentrelay.gitio.commits import Commit, read_commits
from agentrelay.gitio.keep import KEEP_PREFIX
from agentrelay.gitio.refs import resolve
from agentrelay.gitio.repository import Repository, at_worktree
from agentrelay.gitio.worktree import is_connected

MOST = 20
"""So many are looked at, the newest."""


def stray_commits(
    repo: Repository, worktree: Path, graph: str, known: Collection[str]
) -> tuple[Commit, ...]:
    """Return what is checked out in a worktree and neither in ``known`` commits nor pinned.

    The newest first. What agents left is pinned at the end of each turn, so these are a person's.
    None where there is no such worktree; mostly no process is needed to see that there are none.
    """
    if not is_connected(repo.common_dir, worktree):
        return ()
    admin = linked_admin(worktree)
    here = (admin.commit if admin else None) or resolve(at_worktree(worktree), "HEAD")
    if here is None or here in known:
        return ()
    heads = [commit for commit in read_commits(repo.git, list(known)) if commit is not None]
    if any(here in commit.parents for commit in heads):
        return ()
    pins = f"--glob={KEEP_PREFIX}{graph}"
    listed = repo.git.text(
        *("rev-list", f"--max-count={MOST}", here, "--not"), *(c.oid for c in heads), pins
    )
    found = read_commits(repo.git, listed.split())
    return tuple(commit for commit in found if commit is not None)


def left_out(name: str, strays: Sequence[Commit]) -> str:
    """Return the sentence that names commits that would not land; ``name`` names their lane."""
    subject = strays[0].message.partition("\n")[0]
    more = f" and {len(strays) - 1} more" if len(strays) > 1 else ""
    what = f"{strays[0].oid[:10]} {subject!r}{more}"
    return f"its worktree has what is not in it: {what}; agentrelay retry {name} takes it in"
