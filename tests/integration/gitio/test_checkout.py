"""Moving a lane's worktree to another commit, and reading its state."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.errors import GitError
from agentrelay.gitio.checkout import checkout as check_out
from agentrelay.gitio.ignored import LIMIT_BYTES
from agentrelay.gitio.preserve import Keep
from agentrelay.gitio.repository import OUR_IDENTITY, discover
from agentrelay.gitio.status import EntryKind
from agentrelay.gitio.worktree import prepare, release_locks, state

BRANCH = "agentrelay/shop/api/integration"
TASK = "agentrelay/shop/api/task/t"
PIN = "refs/agentrelay/keep/shop/1/api/t/1/before"
KEEP = Keep("shop/1/api/t/1/before", "kept", "agentrelay/shop/api/", OUR_IDENTITY, 1_700_000_000)


def pins(repo: TestRepo) -> dict[str, str]:
    """Return what was pinned, by what follows the name of the pin."""
    found = repo.refs("refs/agentrelay/keep")
    return {name.removeprefix(PIN): oid for name, oid in found.items()}


def checkout(worktree: Path, commit: str, branch: str | None) -> None:
    check_out(discover(worktree), worktree, commit, branch, KEEP)


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


def test_a_merge_that_was_under_way_is_forgotten_also_where_no_file_differs(
    repo: TestRepo, lane: TestRepo
) -> None:
    same_tree = repo.git("commit-tree", "-p", repo.head(), "-m", "same", "HEAD^{tree}")
    lane.git("merge", "--no-ff", "--no-commit", same_tree)
    checkout(lane.path, repo.head(), TASK)
    assert (state(lane.path).head, state(lane.path).branch) == (repo.head(), TASK)
    assert lane.status() == ""
    assert lane.git("rev-parse", "-q", "--verify", "MERGE_HEAD", check=False) == ""
    assert pins(repo)["-merge-head"] == same_tree


def test_no_branch_is_taken_that_somebody_else_has_checked_out(
    repo: TestRepo, lane: TestRepo
) -> None:
    start = repo.head()
    same_tree = repo.git("commit-tree", "-p", start, "-m", "same", "HEAD^{tree}")
    repo.git("checkout", "--quiet", "-b", TASK)
    with pytest.raises(GitError, match="is in use in"):
        checkout(lane.path, same_tree, TASK)
    assert (repo.head(TASK), state(lane.path).branch) == (start, BRANCH)


def test_caches_stay_and_everything_else_goes(repo: TestRepo, lane: TestRepo) -> None:
    lane.write({"cache/big": "warm", "new.txt": "x", "dir/new.txt": "y", "a.txt": "edited"})
    lane.git("rm", "-q", "--cached", "b.txt")
    checkout(lane.path, repo.head(), TASK)
    assert lane.status() == ""
    assert repo.show("dir/new.txt", PIN) == "y"
    assert repo.show("a.txt", PIN) == "edited"
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


def test_what_no_branch_has_is_kept_before_the_worktree_moves(
    repo: TestRepo, lane: TestRepo
) -> None:
    start = repo.head()
    lane.git("checkout", "-q", "-b", TASK)
    tip = lane.commit({"a.txt": "on the task's branch\n"})
    lane.git("checkout", "-q", "--detach", start)
    stray = lane.commit({"a.txt": "on no branch\n"})
    checkout(lane.path, start, TASK)
    assert pins(repo) == {"-branch": tip, "-head": stray}


def test_what_is_staged_and_differs_from_the_file_is_kept_too(
    repo: TestRepo, lane: TestRepo
) -> None:
    lane.write({"a.txt": "staged\n", "gone.txt": "staged, then removed\n"})
    lane.git("add", "a.txt", "gone.txt")
    lane.write({"a.txt": "edited after\n", "gone.txt": None})
    checkout(lane.path, repo.head(), None)
    assert repo.show("a.txt", PIN) == "edited after"
    assert repo.show("a.txt", f"{PIN}^2") == "staged"
    assert repo.show("gone.txt", f"{PIN}^2") == "staged, then removed"


def test_an_unresolved_merge_is_kept_with_its_other_side_and_what_was_staged(
    repo: TestRepo, lane: TestRepo
) -> None:
    start = repo.head()
    repo.git("checkout", "-q", "--detach")
    theirs = repo.commit({"a.txt": "theirs\n"})
    repo.git("checkout", "-q", "main")
    lane.commit({"a.txt": "ours\n"})
    lane.git("merge", theirs, check=False)
    lane.write({"b.txt": "staged\n"})
    lane.git("add", "b.txt")
    lane.write({"b.txt": "edited\n"})
    checkout(lane.path, start, None)
    assert "<<<<<<<" in repo.show("a.txt", PIN)
    assert repo.show("b.txt", f"{PIN}^2") == "staged"
    assert pins(repo)["-merge-head"] == theirs


def test_a_rebase_that_was_under_way_is_kept_with_its_autostash(
    repo: TestRepo, lane: TestRepo
) -> None:
    start = repo.head()
    repo.commit({"a.txt": "theirs\n"})
    lane.git("checkout", "-q", "--detach")
    mine = lane.commit({"a.txt": "ours\n"})
    lane.write({"b.txt": "not committed\n"})
    lane.git("rebase", "--autostash", "main", check=False)
    checkout(lane.path, start, None)
    kept = pins(repo)
    assert kept["-rebase-merge-orig-head"] == mine
    assert repo.show("b.txt", kept["-rebase-merge-autostash"]) == "not committed"


def test_stashes_of_the_lane_are_kept_and_those_of_the_user_are_not(
    repo: TestRepo, lane: TestRepo
) -> None:
    repo.write({"a.txt": "the user's\n"})
    repo.git("stash")
    lane.git("checkout", "-q", "-b", TASK)
    lane.write({"a.txt": "a resolution\n"})
    lane.git("stash")
    checkout(lane.path, repo.head(), TASK)
    checkout(lane.path, repo.head(), None)
    assert list(pins(repo)) == ["-stash"]
    repo.git("stash", "drop", "-q", "stash@{0}")
    assert repo.show("a.txt", f"{PIN}-stash") == "a resolution"


def test_files_that_were_ignored_until_now_are_kept(repo: TestRepo, lane: TestRepo) -> None:
    start = repo.head()
    later = lane.commit({".gitignore": "cache/\nnotes.txt\nbig.bin\nnode_modules/\n"})
    big = b"x" * (LIMIT_BYTES + 1)
    lane.write({"notes.txt": "mine", "big.bin": big, "node_modules/dep.js": "cache"})
    checkout(lane.path, start, None)
    assert lane.status() == ""
    assert repo.show("notes.txt", f"{PIN}-ignored") == "mine"
    assert repo.head(f"{PIN}-ignored^") in (start, later)
    aside = list((repo.path / ".git" / "agentrelay" / "set-aside").iterdir())
    assert [path.name.startswith("big.bin") for path in aside] == [True]


def test_an_ignored_file_is_kept_before_a_commit_puts_its_own_in_its_place(
    repo: TestRepo, lane: TestRepo
) -> None:
    lane.write({"cache/state.txt": "ignored, and only here"})
    theirs = repo.commit({"cache/state.txt": "tracked now"})
    checkout(lane.path, theirs, None)
    assert (lane.path / "cache/state.txt").read_text() == "tracked now"
    assert repo.show("cache/state.txt", f"{PIN}-ignored") == "ignored, and only here"


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
