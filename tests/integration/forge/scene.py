"""Branches, proposals and plans for tests of the local forge."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.gitrepo import TestRepo

from agentrelay.forge.core.forge import MergePlan, Proposal
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.command import Git

NOON = "2026-03-01T12:00:00.000Z"
LATER = "2026-03-01T13:00:00.000Z"


def forge_of(repo: TestRepo) -> LocalForge:
    return LocalForge(Git(repo.path), repo.path / ".git")


def change(repo: TestRepo, branch: str, files: dict[str, str], *, start: str = "main") -> str:
    """Commit files on a branch, made at ``start`` if new, without touching the check-out."""
    there = repo.path.parent / "elsewhere"
    existing = repo.find(f"refs/heads/{branch}")
    new = () if existing else ("-b", branch)
    repo.git("worktree", "add", "--quiet", *new, str(there), branch if existing else start)
    commit = TestRepo(there).commit(dict(files), f"change {branch}")
    repo.git("worktree", "remove", "--force", str(there))
    return commit


def proposal(head: str, *, branch: str = "task", base: str = "main", ulid: str = "01A") -> Proposal:
    return Proposal(ulid, "Add it", "What it does.", branch, base, head, NOON, "agent")


def plan_of(repo: TestRepo, head: str, *, base: str = "main") -> MergePlan:
    tip = repo.head(f"refs/heads/{base}")
    tree = repo.git("merge-tree", "--write-tree", tip, head)
    commit = repo.git("commit-tree", "-p", tip, "-p", head, "-m", "merge", tree)
    return MergePlan(commit, tip, head, LATER, "me")


def with_git(folder: Path, before: str) -> dict[str, str]:
    """Return an environment whose git does a line of shell first."""
    program = folder / "shim" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n{before}\nexec "{shutil.which("git")}" "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
