"""Several processes write change requests of the local forge, or land, at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.gitrepo import TestRepo
from tests.integration.forge.scene import change, forge_of, plan_of, proposal, with_git

from agentrelay.forge.core.forge import (
    BaseMoved,
    HeadMoved,
    Merged,
)
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.command import Git

CREATE = """
import sys
from pathlib import Path
from agentrelay.forge.core.forge import Proposal
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.command import Git
path, head, *names = sys.argv[1:]
forge = LocalForge(Git(Path(path)), Path(path) / ".git")
for name in names:
    print(forge.ensure(Proposal(name, "t", "", name, "main", head, "2026-03-01T12:00:00Z")).number)
"""


def create_at_once(repo: TestRepo, names: list[list[str]]) -> list[int]:
    argv = [sys.executable, "-c", CREATE, str(repo.path), repo.head()]
    started = [
        subprocess.Popen([*argv, *some], stdout=subprocess.PIPE, text=True) for some in names
    ]
    outputs = [process.communicate(timeout=100)[0] for process in started]
    assert [process.returncode for process in started] == [0] * len(started)
    return [int(line) for output in outputs for line in output.split()]


def test_eight_writers_at_once_get_distinct_numbers(repo: TestRepo) -> None:
    numbers = create_at_once(repo, [[f"w{w}-{n}" for n in range(4)] for w in range(8)])
    assert sorted(numbers) == list(range(1, 33))
    assert len({request.id for request in forge_of(repo).list()}) == 32


def test_a_number_that_another_writer_took_first_is_passed_over(
    repo: TestRepo, tmp_path: Path
) -> None:
    head = change(repo, "task", {"new.txt": "one\n"})
    program = tmp_path / "shim" / "git"
    program.parent.mkdir()
    real, taken = shutil.which("git"), tmp_path / "taken"
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = update-ref ] && [ ! -e "{taken}" ]; then touch "{taken}"\n'
        f'"{real}" update-ref refs/agentrelay/pr/1 {head}; fi\nexec "{real}" "$@"\n'
    )
    program.chmod(0o755)
    environ = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    forge = LocalForge(Git(repo.path, environ), repo.path / ".git")
    assert forge.ensure(proposal(head)).number == 2


def test_one_proposal_by_many_at_once_opens_one_request(repo: TestRepo) -> None:
    assert create_at_once(repo, [["same"]] * 6) == [1] * 6
    assert len(forge_of(repo).list()) == 1


def test_of_two_merges_planned_on_one_tip_one_wins(repo: TestRepo) -> None:
    repo.git("branch", "lane")
    forge = forge_of(repo)
    heads = [change(repo, name, {name: "x\n"}) for name in ("a", "b")]
    for name, head in zip(("a", "b"), heads, strict=True):
        forge.ensure(proposal(head, branch=name, base="lane", ulid=name))
    plans = [plan_of(repo, head, base="lane") for head in heads]
    assert forge.merge(1, plans[0]) == Merged(plans[0].commit)
    assert forge.merge(2, plans[1]) == BaseMoved(plans[0].commit)
    assert isinstance(forge.merge(2, plans[0]), HeadMoved)


def test_of_two_landings_on_the_checked_out_branch_the_second_is_told_to_judge_again(
    repo: TestRepo, tmp_path: Path
) -> None:
    head, other = (change(repo, name, {name: "x\n"}) for name in ("task", "other"))
    forge_of(repo).ensure(proposal(head))
    plan, first = plan_of(repo, head), plan_of(repo, other)
    # The other one lands between the look at the tip and the fast-forward.
    real = shutil.which("git")
    land = f'"{real}" merge --quiet --ff-only {first.commit}'
    environ = with_git(tmp_path, f'case "$*" in *merge*--ff-only*) {land};; esac')
    forge = LocalForge(Git(repo.path, environ), repo.path / ".git")
    assert forge.merge(1, plan) == BaseMoved(first.commit)
    assert repo.head() == first.commit
    assert repo.status() == ""
