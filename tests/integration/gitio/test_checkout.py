"""Moving a lane's worktree to another commit, and reading its state."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.errors import GitError
from agentrelay.gitio.repository import discover
from agentrelay.gitio.status import EntryKind
from agentrelay.gitio.worktree import checkout, find_head, prepare, release_locks, state, switch

BRANCH = "agentrelay/shop/api/integration"
TASK = "agentrelay/shop/api/task/t"


@pytest.fixture
def lane(repo: TestRepo) -> TestRepo:
    repo.commit({".gitignore": "cache/\n", "a.txt": "one\n", "b.txt": "b\n"})
    lane = TestRepo(repo.path / ".worktrees" / "shop" / "api")
    prepare(discover(repo.path), lane.path, BRANCH, repo.head())
    return lane


def test_task_branch_then_detached(repo: TestRepo, lane: TestRepo) -> None:
    start = repo.head()
    later = repo.commit({"a.txt": "two\n"})
    checkout(lane.path, later, TASK)
    assert (state(lane.path).head, state(lane.path).branch) == (later, TASK)
    checkout(lane.path, start, None)
    assert (state(lane.path).head, state(lane.path).branch) == (start, None)
    assert (lane.path / "a.txt").read_text() == "one\n"
    assert lane.head(TASK) == later
    assert repo.git("config", "--get-regexp", "^branch", check=False) == ""


def test_a_switch_moves_the_branch_and_forgets_what_was_under_way(
    repo: TestRepo, lane: TestRepo
) -> None:
    same_tree = repo.git("commit-tree", "-p", repo.head(), "-m", "same", "HEAD^{tree}")
    lane.git("merge", "--no-ff", "--no-commit", same_tree)
    switch(discover(repo.path), lane.path, same_tree, TASK)
    assert (state(lane.path).head, state(lane.path).branch) == (same_tree, TASK)
    assert lane.status() == ""
    assert lane.git("rev-parse", "-q", "--verify", "MERGE_HEAD", check=False) == ""


def test_a_switch_takes_no_branch_that_somebody_else_has_checked_out(
    repo: TestRepo, lane: TestRepo
) -> None:
    start = repo.head()
    same_tree = repo.git("commit-tree", "-p", start, "-m", "same", "HEAD^{tree}")
    repo.git("checkout", "--quiet", "-b", TASK)
    with pytest.raises(GitError, match="is in use in"):
        switch(discover(repo.path), lane.path, same_tree, TASK)
    assert (repo.head(TASK), state(lane.path).branch) == (start, BRANCH)


@pytest.mark.parametrize("detached", [True, False])
def test_the_head_of_a_worktree(repo: TestRepo, lane: TestRepo, *, detached: bool) -> None:
    commit = lane.commit({"a.txt": "more\n"})
    if detached:
        lane.git("checkout", "--quiet", "--detach")
    assert find_head(lane.path) == commit
    repo.git("pack-refs", "--all")
    assert find_head(lane.path) == commit
    lane.git("checkout", "--quiet", "--orphan", "nothing-yet")
    assert find_head(lane.path) is None


def test_caches_stay_and_everything_else_goes(repo: TestRepo, lane: TestRepo) -> None:
    lane.write({"cache/big": "warm", "new.txt": "x", "dir/new.txt": "y", "a.txt": "edited"})
    lane.git("rm", "-q", "--cached", "b.txt")
    checkout(lane.path, repo.head(), TASK)
    assert lane.status() == ""
    assert (lane.path / "cache" / "big").read_text() == "warm"


def test_an_inner_repository_is_set_aside(repo: TestRepo, lane: TestRepo) -> None:
    inner = TestRepo(lane.path / "vendor" / "inner")
    inner.path.mkdir(parents=True)
    inner.git("init", "-q")
    work = inner.commit({"x": "y"})
    checkout(lane.path, repo.head(), TASK)
    assert lane.status() == ""
    aside = next((repo.path / ".git" / "agentrelay" / "set-aside").iterdir())
    assert TestRepo(aside).head() == work


@pytest.mark.parametrize("operation", ["merge", "rebase", "cherry-pick", "bisect"])
def test_an_operation_left_half_done_is_forgotten(
    repo: TestRepo, lane: TestRepo, operation: str
) -> None:
    start = repo.head()
    repo.git("checkout", "-q", "-b", "other")
    other = repo.commit({"a.txt": "theirs\n"})
    lane.commit({"a.txt": "ours\n"})
    if operation == "bisect":
        lane.git("bisect", "start", "HEAD", start)
    else:
        lane.git(operation, other, check=False)
    checkout(lane.path, start, TASK)
    assert lane.status() == ""
    assert "progress" not in lane.git("status")
    assert "bisecting" not in lane.git("status")
    lane.commit({"go": "on"})


def test_submodules_come_with_the_commit(
    repo: TestRepo, lane: TestRepo, tmp_path: Path, environment: dict[str, str]
) -> None:
    with Path(environment["GIT_CONFIG_GLOBAL"]).open("a") as config:
        config.write('[protocol "file"]\n\tallow = always\n')
    inner = TestRepo(tmp_path / "inner")
    inner.path.mkdir()
    inner.git("init", "-q")
    inner.commit({"lib.txt": "x\n"})
    repo.git("submodule", "--quiet", "add", str(inner.path), "lib")
    repo.commit({})
    checkout(lane.path, repo.head(), TASK)
    assert (lane.path / "lib" / "lib.txt").read_text() == "x\n"
    assert state(lane.path).clean


def test_the_users_checkout_is_never_moved(repo: TestRepo, lane: TestRepo) -> None:
    repo.write({"a.txt": "the user's\n"})
    with pytest.raises(GitError, match="not a linked worktree"):
        checkout(repo.path, repo.head(), None)
    (lane.path / ".git").unlink()
    with pytest.raises(GitError):
        checkout(lane.path, repo.head(), None)
    with pytest.raises(GitError, match="not a git repository"):
        state(lane.path)
    assert (repo.path / "a.txt").read_text() == "the user's\n"


def test_locks_of_a_dead_git_are_released(lane: TestRepo) -> None:
    admin = Path(lane.git("rev-parse", "--absolute-git-dir"))
    for name in ("index.lock", "HEAD.lock"):
        (admin / name).touch()
    assert len(release_locks(lane.path)) == 2
    assert release_locks(lane.path) == []
    lane.commit({"a.txt": "works"})


def test_state_tells_every_kind(repo: TestRepo, lane: TestRepo) -> None:
    odd = 'odd "name"\twith\nall ü.txt'
    lane.write({"a.txt": "edited", odd: "x", "dir/new.txt": "y", "staged.txt": "z", "b.txt": None})
    lane.git("add", "staged.txt")
    inner = TestRepo(lane.path / "inner")
    shutil.copytree(repo.path, inner.path, ignore=shutil.ignore_patterns(".worktrees"))
    kinds = {entry.path: (entry.kind, entry.staged) for entry in state(lane.path).entries}
    assert kinds == {
        "a.txt": (EntryKind.MODIFIED, False),
        "b.txt": (EntryKind.DELETED, False),
        "staged.txt": (EntryKind.ADDED, True),
        "dir/new.txt": (EntryKind.UNTRACKED, False),
        odd: (EntryKind.UNTRACKED, False),
        "inner": (EntryKind.REPOSITORY, False),
    }
