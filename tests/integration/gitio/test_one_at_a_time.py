"""git adds one worktree at a time, however many lanes are prepared at once."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.gitio.repository import discover
from agentrelay.gitio.worktree import prepare

GIT = """\
#!/bin/sh
case "$*" in *"worktree add"*) ;; *) exec GIT "$@" ;; esac
mkdir HERE/adding || echo twice >> HERE/at-once
GIT "$@"
code=$?
echo once >> HERE/added
rmdir HERE/adding
exit $code
"""
"""A git that notes where it adds a worktree while another one does."""


def test_worktrees_are_added_one_after_another(
    repo: TestRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(GIT.replace("GIT", shutil.which("git") or "").replace("HERE", str(tmp_path)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    start = repo.head()

    def provide(number: int) -> None:
        here = discover(repo.path)
        branch = f"agentrelay/many/lane{number}/integration"
        prepare(here, here.top / ".worktrees" / "many" / f"lane{number}", branch, start)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(provide, range(16)))
    assert len((tmp_path / "added").read_text().split()) == 16
    assert not (tmp_path / "at-once").exists()
