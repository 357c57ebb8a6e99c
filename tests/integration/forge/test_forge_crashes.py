"""The local forge is killed in the middle of a merge; calling again finishes it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo
from tests.integration.forge.scene import change, forge_of, plan_of, proposal

from agentrelay.forge.core.forge import (
    Merged,
)


@pytest.mark.parametrize("base", ["main", "lane"])
def test_a_crash_between_base_and_request_is_mended_by_calling_again(
    repo: TestRepo, base: str
) -> None:
    repo.git("branch", "lane")
    head = change(repo, "task", {"new.txt": "new\n"})
    forge = forge_of(repo)
    forge.ensure(proposal(head, base=base))
    plan = plan_of(repo, head, base=base)
    if base == "main":
        repo.git("merge", "--quiet", "--ff-only", plan.commit)
    else:
        repo.git("update-ref", "refs/heads/lane", plan.commit)
    reflogs = repo.git("reflog", "show", base), repo.git("reflog", "show", "HEAD")
    assert forge.merge(1, plan) == Merged(plan.commit)
    assert forge.merge(1, plan) == Merged(plan.commit)
    assert [entry.kind for entry in forge.history(1)] == ["opened", "merged"]
    assert (repo.git("reflog", "show", base), repo.git("reflog", "show", "HEAD")) == reflogs
    assert repo.head(base) == plan.commit


def test_a_merge_killed_at_any_time_is_finished_by_the_next_call(
    repo: TestRepo, tmp_path: Path
) -> None:
    repo.git("branch", "lane")
    forge = forge_of(repo)
    shim = tmp_path / "shim"
    for n, kill_at in enumerate(["cat-file", "commit-tree", "update-ref", "merge"], start=1):
        base = "main" if kill_at == "merge" else "lane"
        head = change(repo, f"task{n}", {f"f{n}": "new\n"}, start=base)
        forge.ensure(proposal(head, branch=f"task{n}", base=base, ulid=f"01{n}"))
        plan = plan_of(repo, head, base=base)
        environ = {**os.environ, "PATH": f"{killing_git(shim, kill_at)}:{os.environ['PATH']}"}
        script = MERGE.format(path=repo.path, number=n, plan=plan)
        killed = subprocess.run([sys.executable, "-c", script], env=environ, check=False)
        assert killed.returncode == -9
        assert forge.merge(n, plan) == Merged(plan.commit)
        assert [entry.kind for entry in forge.history(n)] == ["opened", "merged"]
        assert repo.head(base) == plan.commit
    assert repo.status() == ""


MERGE = """
from pathlib import Path
from agentrelay.forge.core.forge import MergePlan
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.command import Git
LocalForge(Git(Path("{path}")), Path("{path}") / ".git").merge({number}, {plan})
"""


def killing_git(folder: Path, command: str) -> Path:
    """Return a folder with a git that does ``command``, then kills its caller."""
    folder.mkdir(exist_ok=True)
    real = shutil.which("git")
    program = folder / "git"
    program.write_text(
        f'#!/bin/sh\n"{real}" "$@"\ncode=$?\n'
        f'[ "$1" = {command} ] && kill -9 "$PPID"\nexit "$code"\n'
    )
    program.chmod(0o755)
    return folder
