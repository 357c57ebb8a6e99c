"""Preparing worktrees: from nothing, again, after each crash point, and many at once."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.errors import GitError
from agentrelay.gitio.admin import READY
from agentrelay.gitio.preserve import Keep
from agentrelay.gitio.repository import OUR_IDENTITY, Repository, discover
from agentrelay.gitio.worktree import discard, empty_trash, prepare

BRANCH = "agentrelay/shop/api/integration"
KEEP = Keep("shop/1/api/_lane/teardown", "kept", "agentrelay/shop/api/", OUR_IDENTITY, 0)
FILES = {f"src/f{i}.txt": f"{i}\n" for i in range(12)}


@pytest.fixture
def here(repo: TestRepo) -> Repository:
    repo.commit(FILES)
    return discover(repo.path)


@pytest.fixture
def lane(repo: TestRepo) -> TestRepo:
    return TestRepo(repo.path / ".worktrees" / "shop" / "api")


def provide(here: Repository, lane: TestRepo) -> None:
    prepare(here, lane.path, BRANCH, TestRepo(here.top).head("main"))


def assert_sound(repo: TestRepo, lane: TestRepo) -> None:
    """The lane is on its branch and clean, and git works for the whole repository."""
    assert lane.git("symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"
    assert lane.status() == ""
    assert lane.git("ls-files", "-o", "-i", "--exclude-standard") == ""
    assert (lane.path / "src" / "f0.txt").read_text() == "0\n"
    repo.git("fetch", ".", "main")
    repo.git("gc", "--quiet")
    lane.commit({"work.txt": "works\n"})
    assert repo.git("worktree", "list").count("\n") == 1


def registered(repo: TestRepo) -> list[tuple[str, str | None]]:
    """Return, of each worktree that git knows, its branch and why it is locked."""
    found: list[tuple[str, str | None]] = []
    for record in repo.git("worktree", "list", "--porcelain").split("\n\n"):
        fields = dict(line.partition(" ")[::2] for line in record.splitlines())
        found.append((fields["branch"].removeprefix("refs/heads/"), fields.get("locked")))
    return found


def test_a_new_lane_has_branch_files_and_lock(
    repo: TestRepo, here: Repository, lane: TestRepo
) -> None:
    provide(here, lane)
    assert lane.head() == repo.head("main")
    assert registered(repo) == [("main", None), (BRANCH, "agentrelay")]
    assert_sound(repo, lane)
    assert repo.git("config", "--get-regexp", "^branch", check=False) == ""


def test_a_healthy_lane_stays_as_it_is(here: Repository, lane: TestRepo) -> None:
    provide(here, lane)
    lane.git("checkout", "-q", "-b", "agentrelay/shop/api/task/t")
    work = lane.commit({"new.txt": "kept\n"})
    lane.write({"dirty.txt": "kept too\n", "src/f1.txt": "edited\n"})
    provide(here, lane)
    assert lane.head() == work
    assert lane.status() == " M src/f1.txt\n?? dirty.txt"


def test_an_existing_branch_is_not_moved(repo: TestRepo, here: Repository, lane: TestRepo) -> None:
    old = repo.head("main")
    repo.git("branch", BRANCH)
    repo.commit({"later.txt": "x"})
    provide(here, lane)
    assert lane.head() == old


def test_a_branch_in_use_elsewhere_is_an_error_with_gits_words(
    repo: TestRepo, here: Repository, lane: TestRepo
) -> None:
    repo.git("checkout", "-q", "-b", BRANCH)
    with pytest.raises(GitError) as caught:
        provide(here, lane)
    assert "already checked out" in caught.value.stderr or "used by" in caught.value.stderr
    assert repo.git("symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"


def test_somebody_elses_worktree_is_taken_as_it_is(
    repo: TestRepo, here: Repository, lane: TestRepo
) -> None:
    repo.git("worktree", "add", "-q", "-b", BRANCH, str(lane.path))
    lane.write({"dirty.txt": "theirs\n", "src/f0.txt": "edited\n"})
    provide(here, lane)
    assert lane.status() == " M src/f0.txt\n?? dirty.txt"


@dataclass(frozen=True)
class Scene:
    """A repository, where its lane goes, and where git keeps what it knows of the lane."""

    repo: TestRepo
    lane: TestRepo

    @property
    def admin(self) -> Path:
        return self.repo.path / ".git" / "worktrees" / "api"


def _ref_lock(at: Scene) -> None:
    lock = at.repo.path / ".git" / "refs" / "heads" / f"{BRANCH}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()


def _only_branch(at: Scene) -> None:
    at.repo.git("branch", BRANCH)


def _empty_ref_folder(at: Scene) -> None:
    (at.repo.path / ".git" / "refs" / "heads" / BRANCH).mkdir(parents=True)


def _empty_admin(at: Scene) -> None:
    _only_branch(at)
    at.admin.mkdir(parents=True)


def _admin_with_lock_only(at: Scene) -> None:
    _empty_admin(at)
    (at.admin / "locked").write_text("agentrelay\n")
    at.lane.path.mkdir(parents=True)


def _admin_with_gitdir(at: Scene) -> None:
    _admin_with_lock_only(at)
    (at.admin / "gitdir").write_text(f"{at.lane.path}/.git\n")


def _admin_with_dot_git(at: Scene) -> None:
    _admin_with_gitdir(at)
    (at.lane.path / ".git").write_text(f"gitdir: {at.admin}\n")


def _admin_with_void_head(at: Scene) -> None:
    _admin_with_dot_git(at)
    (at.admin / "HEAD").write_text("0" * 40 + "\n")
    (at.admin / "HEAD.lock").touch()
    (at.admin / "commondir").write_text("../..\n")


def _admin_with_empty_commondir(at: Scene) -> None:
    _admin_with_void_head(at)
    (at.admin / "commondir").write_text("")


def _initializing(at: Scene) -> None:
    at.repo.git("worktree", "add", "-q", "-b", BRANCH, str(at.lane.path))
    (at.admin / "locked").write_text("initializing")


def _half_checkout(at: Scene) -> None:
    reason = ("--lock", "--reason", "agentrelay")
    at.repo.git("worktree", "add", "-q", "--no-checkout", *reason, "-b", BRANCH, str(at.lane.path))
    (at.admin / "index.lock").write_bytes(b"half")
    at.lane.write({"src/f0.txt": "0\n", "src/f1.txt": "tor"})


def _checkout_without_marker(at: Scene) -> None:
    _half_checkout(at)
    (at.admin / "index.lock").unlink()
    at.lane.git("reset", "-q", "--hard")
    at.lane.write({"src/f1.txt": "tor", "stray.txt": "from another tip\n"})


def _removal_began(at: Scene) -> None:
    provide(discover(at.repo.path), at.lane)
    (at.lane.path / "src" / "f3.txt").unlink()
    (at.lane.path / ".git").unlink()


def _removal_left_admin(at: Scene) -> None:
    provide(discover(at.repo.path), at.lane)
    shutil.rmtree(at.lane.path)


def _two_admins(at: Scene) -> None:
    provide(discover(at.repo.path), at.lane)
    shutil.copytree(at.admin, at.admin.with_name("api1"))


CRASHES: list[Callable[[Scene], None]] = [
    _ref_lock,
    _only_branch,
    _empty_ref_folder,
    _empty_admin,
    _admin_with_lock_only,
    _admin_with_gitdir,
    _admin_with_dot_git,
    _admin_with_void_head,
    _admin_with_empty_commondir,
    _initializing,
    _half_checkout,
    _checkout_without_marker,
    _removal_began,
    _removal_left_admin,
    _two_admins,
]


@pytest.mark.parametrize("crash", CRASHES, ids=lambda crash: crash.__name__.strip("_"))
def test_what_a_killed_git_left_is_repaired(
    repo: TestRepo,
    here: Repository,
    lane: TestRepo,
    crash: Callable[[Scene], None],
) -> None:
    crash(Scene(repo, lane))
    provide(here, lane)
    assert_sound(repo, lane)
    provide(here, lane)
    assert lane.status() == ""


def test_files_of_a_worktree_that_git_forgot_are_pinned_and_set_aside(
    repo: TestRepo, here: Repository, lane: TestRepo
) -> None:
    provide(here, lane)
    lane.write({"agent.txt": "unsaved work\n", "src/f2.txt": "edited\n"})
    shutil.rmtree(repo.path / ".git" / "worktrees")
    provide(here, lane)
    pin = "refs/agentrelay/keep/shop/_lanes/api/salvaged"
    assert repo.show("agent.txt", pin) == "unsaved work"
    assert repo.show("src/f2.txt", pin) == "edited"
    aside = list((repo.path / ".git" / "agentrelay" / "set-aside").iterdir())
    assert (aside[0] / "agent.txt").read_text() == "unsaved work\n"
    assert_sound(repo, lane)


def test_a_detached_commit_of_a_broken_worktree_is_pinned(
    repo: TestRepo, here: Repository, lane: TestRepo
) -> None:
    provide(here, lane)
    lane.git("checkout", "-q", "--detach")
    work = lane.commit({"only-here.txt": "x"})
    (lane.path / ".git").unlink()
    provide(here, lane)
    assert work in repo.refs("refs/agentrelay/keep").values()
    assert_sound(repo, lane)


def test_a_repository_at_the_lanes_place_is_set_aside_whole(
    repo: TestRepo, here: Repository, lane: TestRepo
) -> None:
    lane.path.mkdir(parents=True)
    lane.git("init", "-q")
    theirs = lane.commit({"a.txt": "x"})
    provide(here, lane)
    aside = next((repo.path / ".git" / "agentrelay" / "set-aside").iterdir())
    assert TestRepo(aside).head() == theirs
    assert_sound(repo, lane)


def test_a_moved_repository_keeps_its_lanes(
    repo: TestRepo, here: Repository, lane: TestRepo, tmp_path: Path
) -> None:
    provide(here, lane)
    work = lane.commit({"new.txt": "x"})
    lane.write({"dirty.txt": "y"})
    moved = TestRepo(tmp_path / "moved")
    shutil.move(repo.path, moved.path)
    moved_lane = TestRepo(moved.path / ".worktrees" / "shop" / "api")
    provide(discover(moved.path), moved_lane)
    assert moved_lane.head() == work
    assert moved_lane.status() == "?? dirty.txt"


def test_another_worktree_of_the_same_name_is_left_alone(
    repo: TestRepo, here: Repository, lane: TestRepo, tmp_path: Path
) -> None:
    theirs = TestRepo(tmp_path / "elsewhere" / "api")
    repo.git("worktree", "add", "-q", "-b", "theirs", str(theirs.path))
    theirs.write({"dirty.txt": "x"})
    provide(here, lane)
    discard(here, lane.path, KEEP)
    provide(here, lane)
    assert theirs.status() == "?? dirty.txt"
    assert lane.status() == ""


def test_discarding_frees_the_branch_and_empties_later(
    repo: TestRepo, here: Repository, lane: TestRepo
) -> None:
    provide(here, lane)
    (lane.path / "src").chmod(0o555)
    discard(here, lane.path, KEEP)
    discard(here, lane.path, KEEP)
    assert not lane.path.exists()
    assert len(registered(repo)) == 1
    trash = repo.path / ".worktrees" / ".trash"
    assert len(list(trash.iterdir())) == 1
    empty_trash(here)
    assert list(trash.iterdir()) == []
    provide(here, lane)
    assert_sound(repo, lane)


def test_discarding_what_is_no_worktree_any_more_deletes_nothing(
    repo: TestRepo, here: Repository, lane: TestRepo
) -> None:
    provide(here, lane)
    lane.write({"agent.txt": "unsaved\n"})
    (lane.path / ".git").unlink()
    discard(here, lane.path, KEEP)
    empty_trash(here)
    assert list((repo.path / ".git" / "agentrelay").rglob("agent.txt"))


def _prepare_ten(top: Path, first: int) -> None:
    here = discover(top)
    for number in range(first, first + 10):
        name = f"lane{number}"
        branch = f"agentrelay/many/{name}/integration"
        prepare(
            here, top / ".worktrees" / "many" / name, branch, here.git.text("rev-parse", "HEAD")
        )


@pytest.mark.usefixtures("here")
def test_a_hundred_lanes_at_once_in_threads(repo: TestRepo) -> None:
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda first: _prepare_ten(repo.path, first), range(0, 100, 10)))
    assert len(registered(repo)) == 101


@pytest.mark.usefixtures("here")
def test_a_hundred_lanes_at_once_in_processes(repo: TestRepo) -> None:
    spawn = multiprocessing.get_context("spawn")
    children = [
        spawn.Process(target=_prepare_ten, args=(repo.path, first)) for first in range(0, 100, 10)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * 10
    assert len(registered(repo)) == 101
    for number in (0, 55, 99):
        lane = TestRepo(repo.path / ".worktrees" / "many" / f"lane{number}")
        assert lane.status() == ""


def test_the_same_lane_from_many_threads(repo: TestRepo, here: Repository, lane: TestRepo) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: provide(here, lane), range(8)))
    assert_sound(repo, lane)
    assert (repo.path / ".git" / "worktrees" / "api" / READY).exists()
