"""GitWorkstreamTeardown deletes nothing that is not pinned."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.workstream.core.runtime import WorkstreamRuntime
from agentrelay.workstream.core.workstream import WorkstreamSpec
from agentrelay.workstream.implementations.workstream_preparer import GitWorkstreamPreparer
from agentrelay.workstream.implementations.workstream_teardown import GitWorkstreamTeardown

BRANCH = "agentrelay/shop/api/integration"
KEEP = "refs/agentrelay/keep/shop/_lanes/api/"


@pytest.fixture
def lane(repo: TestRepo, origin: TestRepo) -> WorkstreamRuntime:
    runtime = WorkstreamRuntime(WorkstreamSpec("api"))
    GitWorkstreamPreparer(repo.path, "shop").prepare_workstream(runtime)
    assert origin.find(BRANCH)
    return runtime


def worktree(lane: WorkstreamRuntime) -> TestRepo:
    assert lane.state.worktree_path is not None
    return TestRepo(lane.state.worktree_path)


def test_tips_and_dirty_files_outlive_the_lane(
    repo: TestRepo, origin: TestRepo, lane: WorkstreamRuntime
) -> None:
    tip = worktree(lane).commit({"a": "committed"})
    worktree(lane).git("checkout", "-q", "--detach")
    head = worktree(lane).commit({"b": "detached"})
    worktree(lane).write({"c": "untracked", "a": "edited"})
    GitWorkstreamTeardown(repo.path).teardown_workstream(lane)
    assert lane.artifacts.concerns == []
    kept = repo.refs(KEEP)
    assert kept[f"{KEEP}teardown-tip"] == tip
    assert kept[f"{KEEP}teardown-head"] == head
    assert repo.show("c", f"{KEEP}teardown") == "untracked"
    assert repo.show("a", f"{KEEP}teardown") == "edited"
    assert not worktree(lane).path.exists()
    assert (repo.find(f"refs/heads/{BRANCH}"), origin.find(BRANCH)) == (None, None)
    assert repo.git("config", "--get-regexp", "^branch", check=False) == ""
    assert repo.git("worktree", "list").count("\n") == 0


def test_a_remote_branch_that_somebody_moved_stays(
    repo: TestRepo, origin: TestRepo, lane: WorkstreamRuntime
) -> None:
    theirs = origin.git("commit-tree", "main^{tree}", "-p", "main", "-m", "theirs")
    origin.git("update-ref", f"refs/heads/{BRANCH}", theirs)
    GitWorkstreamTeardown(repo.path).teardown_workstream(lane)
    assert origin.head(BRANCH) == theirs
    assert repo.find(f"refs/heads/{BRANCH}") is None
    assert [concern.split(":")[:2] for concern in lane.artifacts.concerns] == [
        ["teardown_failed", " remote branch"]
    ]


def test_what_can_not_be_pinned_is_not_deleted(repo: TestRepo, lane: WorkstreamRuntime) -> None:
    worktree(lane).write({"a": "unsaved"})
    blocker = repo.path / ".git" / "refs" / "agentrelay"
    blocker.parent.mkdir(exist_ok=True)
    blocker.write_text("no folder can be made here")
    GitWorkstreamTeardown(repo.path).teardown_workstream(lane)
    blocker.unlink()
    assert (worktree(lane).path / "a").read_text() == "unsaved"
    assert repo.find(f"refs/heads/{BRANCH}") is not None
    assert len(lane.artifacts.concerns) == 4


def test_a_step_that_fails_stops_no_other(
    repo: TestRepo, origin: TestRepo, lane: WorkstreamRuntime
) -> None:
    repo.git("remote", "set-url", "origin", str(origin.path) + "-gone")
    GitWorkstreamTeardown(repo.path).teardown_workstream(lane)
    assert not worktree(lane).path.exists()
    assert repo.find(f"refs/heads/{BRANCH}") is None
    assert len(lane.artifacts.concerns) == 1


def test_a_branch_that_the_user_looks_at_stays(repo: TestRepo, lane: WorkstreamRuntime) -> None:
    worktree(lane).git("checkout", "-q", "--detach")
    repo.git("checkout", "-q", BRANCH)
    GitWorkstreamTeardown(repo.path).teardown_workstream(lane)
    assert repo.find(f"refs/heads/{BRANCH}") is not None
    assert "is in use in" in lane.artifacts.concerns[0]


def test_a_repository_that_is_gone_is_a_concern(tmp_path: Path, lane: WorkstreamRuntime) -> None:
    GitWorkstreamTeardown(tmp_path).teardown_workstream(lane)
    assert len(lane.artifacts.concerns) == 1
    assert worktree(lane).path.exists()
