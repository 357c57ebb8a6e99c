"""What GitWorkstreamPreparer does in a real repository."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

from agentrelay.errors import WorkspaceError
from agentrelay.workstream.core.runtime import WorkstreamRuntime
from agentrelay.workstream.core.workstream import WorkstreamSpec
from agentrelay.workstream.implementations.workstream_preparer import GitWorkstreamPreparer

BRANCH = "agentrelay/shop/api/integration"


def prepare(preparer: GitWorkstreamPreparer, base: str = "main") -> WorkstreamRuntime:
    runtime = WorkstreamRuntime(WorkstreamSpec("api", base_branch=base))
    preparer.prepare_workstream(runtime)
    return runtime


def test_the_branch_starts_at_base_is_pushed_with_upstream_and_hidden_from_status(
    repo: TestRepo, origin: TestRepo
) -> None:
    repo.git("checkout", "-q", "-b", "mine")
    repo.write({"user.txt": "dirty"})
    runtime = prepare(GitWorkstreamPreparer(repo.path, "shop"))
    assert runtime.state.worktree_path is not None
    lane = TestRepo(runtime.state.worktree_path)
    assert lane.git("symbolic-ref", "--short", "HEAD") == BRANCH
    assert lane.head() == origin.head(BRANCH) == repo.head("main")
    assert repo.git("rev-parse", "--abbrev-ref", f"{BRANCH}@{{u}}") == f"origin/{BRANCH}"
    assert repo.status() == "?? user.txt"
    assert repo.git("symbolic-ref", "--short", "HEAD") == "mine"


def test_pushing_can_be_switched_off(repo: TestRepo, origin: TestRepo) -> None:
    prepare(GitWorkstreamPreparer(repo.path, "shop", push=False))
    assert origin.find(BRANCH) is None
    assert repo.git("config", "--get-regexp", "^branch", check=False) == ""


def test_a_base_that_only_origin_has_is_fetched_and_no_local_branch_is_made(
    repo: TestRepo, origin: TestRepo
) -> None:
    tip = repo.commit({"dev.txt": "x"})
    repo.git("push", "-q", "origin", "HEAD:dev")
    repo.git("reset", "-q", "--hard", "HEAD^")
    repo.git("update-ref", "-d", "refs/remotes/origin/dev")
    runtime = prepare(GitWorkstreamPreparer(repo.path, "shop"), "dev")
    assert repo.head(BRANCH) == tip == origin.head("dev")
    assert repo.find("refs/heads/dev") is None
    assert runtime.state.branch_name == BRANCH


def test_a_start_overrides_the_base_and_a_root_moves_the_worktree(
    repo: TestRepo, tmp_path: Path
) -> None:
    start = repo.head()
    repo.commit({"later.txt": "x"})
    root = tmp_path / "lanes"
    runtime = prepare(GitWorkstreamPreparer(repo.path, "shop", start=start, worktree_root=root))
    assert runtime.state.worktree_path == root / "shop" / "api"
    assert TestRepo(root / "shop" / "api").head() == start
    assert runtime.state.signal_dir == repo.path / ".workflow" / "shop" / "workstreams" / "api"


def test_lost_folders_come_back_with_every_commit(repo: TestRepo, origin: TestRepo) -> None:
    preparer = GitWorkstreamPreparer(repo.path, "shop")
    lane = TestRepo(prepare(preparer).state.worktree_path or repo.path)
    work = lane.commit({"work.txt": "x"})
    shutil.rmtree(repo.path / ".worktrees")
    shutil.rmtree(repo.path / ".workflow")
    prepare(preparer)
    assert lane.head() == work == origin.head(BRANCH)
    assert lane.status() == ""


def test_listed_ignored_files_are_copied_privately_once(repo: TestRepo) -> None:
    repo.commit({".gitignore": ".env\nconf/\n", "known.txt": "v1"})
    repo.write({".env": "SECRET=1\n", "conf/local.ini": "x", "plain.txt": "y"})
    names = (".env", "conf/local.ini", "known.txt", "plain.txt", "absent", "../../etc/passwd")
    preparer = GitWorkstreamPreparer(repo.path, "shop", copy=names)
    runtime = prepare(preparer)
    lane = TestRepo(runtime.state.worktree_path or repo.path)
    assert (lane.path / ".env").read_text() == "SECRET=1\n"
    assert stat.S_IMODE((lane.path / ".env").stat().st_mode) == 0o600
    assert (lane.path / "conf" / "local.ini").exists()
    assert lane.status() == ""
    assert [concern.split(" ")[0] for concern in runtime.artifacts.concerns] == [
        "copy_not_ignored:",
        "copy_missing:",
        "copy_outside:",
    ]
    lane.write({".env": "changed by the agent"})
    prepare(preparer)
    assert (lane.path / ".env").read_text() == "changed by the agent"


@pytest.mark.parametrize(
    "lane", ["../../evil", "a b", 'x";touch P;"', "/abs", "a..b", "x.lock", ""]
)
def test_ids_that_would_leave_their_place_are_refused(repo: TestRepo, lane: str) -> None:
    before = sorted(path.name for path in repo.path.parent.iterdir())
    runtime = WorkstreamRuntime(WorkstreamSpec(lane))
    with pytest.raises(WorkspaceError):
        GitWorkstreamPreparer(repo.path, "shop").prepare_workstream(runtime)
    assert runtime.state.branch_name is None
    assert sorted(path.name for path in repo.path.parent.iterdir()) == before
    assert not (repo.path / ".worktrees").exists()
    assert repo.status() == ""


def test_other_histories_on_origin_are_not_overwritten(repo: TestRepo, origin: TestRepo) -> None:
    other = origin.git("commit-tree", "main^{tree}", "-m", "other history")
    origin.git("update-ref", f"refs/heads/{BRANCH}", other)
    with pytest.raises(WorkspaceError, match="git push") as caught:
        prepare(GitWorkstreamPreparer(repo.path, "shop"))
    assert BRANCH in caught.value.stderr
    assert origin.head(BRANCH) == other


def test_a_folder_without_a_repository_is_a_workspace_error(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="not in a git repository"):
        prepare(GitWorkstreamPreparer(tmp_path, "shop"))
