"""Scratch repositories: the content of a HEAD elsewhere, for work that leaves no trace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agentrelay.gitio.command import Git


def copy_head(
    source: Path, folder: Path, branch: str, environ: Mapping[str, str], *, depth: int | None = None
) -> Git:
    """Make ``folder`` a repository with ``source``'s HEAD checked out as ``branch``; give its git.

    Nothing is written to ``source``, and the copy knows no remote. ``depth`` bounds its history.
    """
    folder.mkdir()
    git = Git(folder, environ)
    git.run("init", "--quiet", f"--initial-branch={branch}")
    bound = [f"--depth={depth}"] if depth is not None else []
    # A fetch takes any HEAD: of a linked worktree, a detached one, one of a shallow clone.
    git.run("fetch", "--quiet", "--no-tags", "--update-shallow", *bound, str(source), "HEAD")
    git.run("reset", "--quiet", "--hard", "FETCH_HEAD")
    return git
