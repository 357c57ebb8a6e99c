"""Branches in use, as real git leaves its worktrees."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.gitio.branch_use import Bisecting, BranchUse, CheckedOut, Rebasing, branch_use
from agentrelay.gitio.command import Git


def use_of(repo: TestRepo, branch: str) -> BranchUse | None:
    return branch_use(Git(repo.path), repo.path / ".git", branch)


@pytest.fixture
def lane(repo: TestRepo, tmp_path: Path) -> TestRepo:
    repo.git("worktree", "add", "--quiet", "-b", "a/lane", str(tmp_path / "my lane"))
    return TestRepo(tmp_path / "my lane")


def test_branches_are_found_where_they_are_checked_out(repo: TestRepo, lane: TestRepo) -> None:
    repo.git("branch", "free")
    assert use_of(repo, "main") == CheckedOut(repo.path)
    assert use_of(repo, "a/lane") == CheckedOut(lane.path)
    assert use_of(repo, "free") is None
    assert use_of(repo, "lane") is None
    assert use_of(repo, "nosuch") is None


def test_a_detached_worktree_uses_no_branch(repo: TestRepo, lane: TestRepo) -> None:
    lane.git("checkout", "--quiet", "--detach")
    repo.git("checkout", "--quiet", "--detach")
    assert use_of(repo, "a/lane") is None
    assert use_of(repo, "main") is None


def test_a_worktree_whose_folder_is_gone_still_uses_its_branch(
    repo: TestRepo, lane: TestRepo
) -> None:
    shutil.rmtree(lane.path)
    assert use_of(repo, "a/lane") == CheckedOut(lane.path)
    repo.git("worktree", "prune")
    assert use_of(repo, "a/lane") is None


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_a_stopped_rebase_holds_its_branch(repo: TestRepo, lane: TestRepo, backend: str) -> None:
    repo.commit({"f": "main\n"})
    lane.commit({"f": "lane\n"})
    lane.git("rebase", backend, "main", check=False)
    assert lane.git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
    assert use_of(repo, "a/lane") == Rebasing(lane.path)
    lane.git("rebase", "--abort")
    assert use_of(repo, "a/lane") == CheckedOut(lane.path)


def test_a_rebase_also_holds_the_branches_that_it_will_update(
    repo: TestRepo, lane: TestRepo
) -> None:
    repo.commit({"f": "main\n"})
    lane.commit({"g": "1\n"})
    lane.git("branch", "middle")
    lane.commit({"f": "lane\n"})
    lane.git("rebase", "--update-refs", "main", check=False)
    assert use_of(repo, "middle") == Rebasing(lane.path)


def test_a_bisection_holds_its_branch(repo: TestRepo, lane: TestRepo) -> None:
    good = lane.head()
    for n in range(4):
        lane.commit({"f": f"{n}\n"})
    lane.git("bisect", "start", "HEAD", good)
    assert use_of(repo, "a/lane") == Bisecting(lane.path)
    lane.git("bisect", "reset")
    assert use_of(repo, "a/lane") == CheckedOut(lane.path)


def test_a_bare_repository_has_no_branch_checked_out(tmp_path: Path, repo: TestRepo) -> None:
    hub = tmp_path / "project" / ".git"
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(hub))
    linked = tmp_path / "project" / "work"
    bare = TestRepo(hub)
    bare.git("worktree", "add", "--quiet", "-b", "work", str(linked))
    assert branch_use(Git(hub), hub, "main") is None
    assert branch_use(Git(linked), hub, "work") == CheckedOut(linked)


def test_a_half_made_worktree_is_passed_over(repo: TestRepo, lane: TestRepo) -> None:
    admin = repo.path / ".git" / "worktrees" / "half"
    admin.mkdir()
    assert use_of(repo, "a/lane") == CheckedOut(lane.path)
    (admin / "gitdir").touch()
    (admin / "commondir").touch()
    assert use_of(repo, "a/lane") == CheckedOut(lane.path)


def test_symbolic_branches_are_followed(repo: TestRepo, lane: TestRepo) -> None:
    repo.git("symbolic-ref", "refs/heads/trunk", "refs/heads/main")
    assert use_of(repo, "trunk") == CheckedOut(repo.path)
    lane.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    repo.git("checkout", "--quiet", "--detach")
    assert use_of(repo, "main") == CheckedOut(lane.path)


def test_where_refs_are_no_files_git_is_asked(repo: TestRepo, lane: TestRepo) -> None:
    # a repository with reftable has this HEAD; git 2.39 then still lists the linked worktrees
    (repo.path / ".git" / "HEAD").write_text("ref: refs/heads/.invalid\n")
    assert use_of(repo, "a/lane") == CheckedOut(lane.path)
    assert use_of(repo, "main") is None
