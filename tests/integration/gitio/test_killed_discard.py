"""A discard that is killed between any two changes to the disk: the next one finishes it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

from tests.gitrepo import TestRepo

from agentrelay.gitio.preserve import Keep
from agentrelay.gitio.repository import OUR_IDENTITY, discover
from agentrelay.gitio.worktree import discard, empty_trash, prepare

BRANCH = "agentrelay/shop/api/integration"
KEEP = Keep("shop/1/api/_lane/teardown", "kept", "agentrelay/shop/api/", OUR_IDENTITY, 0)
CHANGES = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.move", "shutil.rmtree")
"""What Python tells its audit hooks before it changes names on the disk."""


def is_killed(act: Callable[[], None], change: int) -> bool:
    """Do an act in a process that is killed before its n-th change; tell whether it came to it."""
    pid = os.fork()
    if pid == 0:
        left = count(change, -1)

        def listen(event: str, arguments: object) -> None:
            del arguments
            if event in CHANGES and next(left) == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(listen)
        try:
            act()
        finally:
            os._exit(0)
    return os.waitpid(pid, 0)[1] != 0


def test_a_discard_killed_before_any_change_is_finished_by_the_next(repo: TestRepo) -> None:
    here = discover(repo.path)
    lane = repo.path / ".worktrees" / "shop" / "api"

    def killed(change: int) -> bool:
        prepare(here, lane, BRANCH, repo.head())
        (lane / "work.txt").write_text(f"{change}\n")
        return is_killed(lambda: discard(here, lane, KEEP), change)

    changes = 0
    while killed(changes):
        discard(here, lane, KEEP)
        empty_trash(here)
        assert left(repo) == [], f"killed before change {changes}"
        changes += 1
    assert changes > 10, "the discard was never killed while it deleted"


def left(repo: TestRepo) -> list[Path]:
    """Return what is left of worktrees."""
    found = (repo.path / ".worktrees").rglob("*")
    found_files = [path for path in found if path.is_file()]
    return [*found_files, *(repo.path / ".git" / "worktrees").glob("*")]
