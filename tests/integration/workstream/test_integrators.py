"""GhWorkstreamIntegrator through a program named gh, and the forge one where they differ."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.adapters import fake_gh
from tests.gitrepo import TestRepo

from agentrelay.errors import ForgeError
from agentrelay.forge.core.forge import Merged, MergePlan
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.repository import discover
from agentrelay.workstream.core.runtime import TaskSummary, WorkstreamRuntime
from agentrelay.workstream.core.workstream import WorkstreamSpec
from agentrelay.workstream.implementations.forge_integrator import ForgeWorkstreamIntegrator
from agentrelay.workstream.implementations.workstream_integrator import GhWorkstreamIntegrator
from agentrelay.workstream.implementations.workstream_preparer import GitWorkstreamPreparer

BRANCH = "agentrelay/shop/api/integration"


@pytest.fixture
def lane(repo: TestRepo, origin: TestRepo) -> WorkstreamRuntime:
    runtime = WorkstreamRuntime(WorkstreamSpec("api"))
    GitWorkstreamPreparer(repo.path, "shop").prepare_workstream(runtime)
    assert origin.find(BRANCH)
    return runtime


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program named gh first on PATH; return its folder, where ``pulls.json`` will be."""
    folder = tmp_path / "gh"
    folder.mkdir()
    store = folder / "pulls.json"
    program = folder / "gh"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {fake_gh.__file__} {store} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder


def pulls(gh: Path) -> list[dict[str, object]]:
    return json.loads((gh / "pulls.json").read_text())


def open_pull(gh: Path, *, fork: bool) -> dict[str, object]:
    url = fake_gh.URL.format(99)
    pull = {"url": url, "head": BRANCH, "base": "main", "state": "open", "fork": fork}
    (gh / "pulls.json").write_text(json.dumps([pull]))
    return pull


def test_title_branches_and_a_body_too_long_for_an_argument(
    repo: TestRepo, lane: WorkstreamRuntime, gh: Path
) -> None:
    lane.artifacts.task_summaries.extend(TaskSummary(f"t{i}", "x" * 150) for i in range(2000))
    GhWorkstreamIntegrator(repo.path).create_integration_pr(lane)
    (pull,) = pulls(gh)
    assert (pull["title"], pull["head"], pull["base"]) == (
        "Integrate workstream api",
        BRANCH,
        "main",
    )
    assert "**t0**" in str(pull["body"])
    assert max(len(line) for line in (gh / "pulls.log").read_text().splitlines()) < 500
    assert lane.artifacts.merge_pr_url == pull["url"]
    assert TestRepo(repo.path).head("main") == repo.head("main")


def test_a_pr_that_gh_only_names_when_asked_to_create_is_adopted(
    repo: TestRepo, lane: WorkstreamRuntime, gh: Path
) -> None:
    open_pull(gh, fork=True)
    GhWorkstreamIntegrator(repo.path).create_integration_pr(lane)
    assert lane.artifacts.merge_pr_url == fake_gh.URL.format(99)


def test_a_pr_from_a_fork_is_not_adopted_from_the_list(
    repo: TestRepo, lane: WorkstreamRuntime, gh: Path
) -> None:
    pull = open_pull(gh, fork=True) | {"base": "other"}
    (gh / "pulls.json").write_text(json.dumps([pull]))
    GhWorkstreamIntegrator(repo.path).create_integration_pr(lane)
    assert lane.artifacts.merge_pr_url == fake_gh.URL.format(2)


def test_ghs_own_words_come_with_the_error(
    repo: TestRepo, lane: WorkstreamRuntime, gh: Path
) -> None:
    lane.state.branch_name = "not/pushed"
    with pytest.raises(ForgeError, match="Head sha can't be blank") as caught:
        GhWorkstreamIntegrator(repo.path).create_integration_pr(lane)
    assert caught.value.returncode == 1
    assert not (gh / "pulls.json").exists()


def test_a_missing_gh_is_named(
    repo: TestRepo, lane: WorkstreamRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ForgeError, match="gh can't be started") as caught:
        GhWorkstreamIntegrator(repo.path).create_integration_pr(lane)
    assert "gh auth login" in caught.value.hint


def test_a_request_merged_with_this_content_is_adopted_and_a_closed_one_opened_anew(
    repo: TestRepo, lane: WorkstreamRuntime
) -> None:
    here = discover(repo.path)
    forge = LocalForge(here.git, here.common_dir)
    integrator = ForgeWorkstreamIntegrator(repo.path, forge)
    integrator.create_integration_pr(lane)
    (first,) = forge.list()
    assert (first.title, first.head) == ("Integrate workstream api", repo.head(BRANCH))
    forge.close(first.number, reason="no", time=first.created)
    assert lane.state.worktree_path is not None
    head = TestRepo(lane.state.worktree_path).commit({"a": "b"})
    integrator.create_integration_pr(lane)
    second, _ = forge.list()
    base = repo.head("main")
    merge = repo.git("commit-tree", f"{head}^{{tree}}", "-p", base, "-p", head, "-m", "merge")
    assert isinstance(
        forge.merge(second.number, MergePlan(merge, base, head, second.created)), Merged
    )
    integrator.create_integration_pr(lane)
    assert lane.artifacts.merge_pr_url == second.url
    assert len(forge.list()) == 2
