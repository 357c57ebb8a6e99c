"""A discard that is killed between any two of its steps: the next one finishes it."""

from __future__ import annotations

from pathlib import Path

from tests.faults.stepping import is_killed
from tests.gitrepo import TestRepo

from agentrelay.gitio.preserve import Keep
from agentrelay.gitio.repository import OUR_IDENTITY, discover
from agentrelay.gitio.worktree import discard, empty_trash, prepare

BRANCH = "agentrelay/shop/api/integration"
KEEP = Keep("shop/1/api/_lane/teardown", "kept", "agentrelay/shop/api/", OUR_IDENTITY, 0)


def test_a_discard_killed_before_any_step_is_finished_by_the_next(repo: TestRepo) -> None:
    here = discover(repo.path)
    lane = repo.path / ".worktrees" / "shop" / "api"

    def killed(step: int) -> bool:
        prepare(here, lane, BRANCH, repo.head())
        (lane / "work.txt").write_text(f"{step}\n")
        return is_killed(lambda: discard(here, lane, KEEP), step)

    step = 0
    while killed(step):
        discard(here, lane, KEEP)
        empty_trash(here)
        assert left(repo) == [], f"killed before step {step}"
        step += 1
    assert step > 10, "the discard was never killed often"


def left(repo: TestRepo) -> list[Path]:
    """Return what is left of worktrees."""
    found = (repo.path / ".worktrees").rglob("*")
    found_files = [path for path in found if path.is_file()]
    return [*found_files, *(repo.path / ".git" / "worktrees").glob("*")]
