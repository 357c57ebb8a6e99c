"""Commits and pushes, as people make them beside the forge."""

from __future__ import annotations

from collections.abc import Mapping

from tests.gitrepo import TestRepo


def push(repo: TestRepo, branch: str, files: Mapping[str, str], message: str = "change") -> str:
    """Commit on a branch that starts at main unless there is one, and push it."""
    known = repo.find(branch) is not None
    repo.git("checkout", "--quiet", *([branch] if known else ["-b", branch, "origin/main"]))
    sha = repo.commit(files, message)
    repo.git("push", "--quiet", "--force", "origin", branch)
    return sha
