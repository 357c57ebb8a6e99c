"""The workstream protocols, one suite each, on every implementation and on the fakes."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.adapters import fake_gh
from tests.adapters.fake_workstream import (
    DryRunRunner,
    FakeHost,
    FakeIntegrator,
    FakePreparer,
    FakeTeardown,
)
from tests.emulator import Emulator, running
from tests.emulator.gh import PINNED, gh_environment, require_gh
from tests.gitrepo import TestRepo

from agentrelay.errors import WorkspaceError
from agentrelay.forge.implementations.local import LocalForge
from agentrelay.gitio.repository import discover
from agentrelay.workstream import (
    ForgeWorkstreamIntegrator,
    GhWorkstreamIntegrator,
    GitWorkstreamPreparer,
    GitWorkstreamTeardown,
    StandardWorkstreamRunner,
    WorkstreamIntegrator,
    WorkstreamPreparer,
    WorkstreamRunner,
    WorkstreamRuntime,
    WorkstreamSpec,
    WorkstreamStatus,
    WorkstreamTeardown,
)

BRANCH = "agentrelay/shop/api/integration"


@dataclass
class Setting:
    """One way to have the three protocols, and how to look at what they did."""

    preparer: WorkstreamPreparer
    integrator: WorkstreamIntegrator
    teardown: WorkstreamTeardown
    root: Path
    branches: Callable[[], set[str]]
    worktrees: Callable[[], set[Path]]
    open_pulls: Callable[[], int]

    work: Callable[[WorkstreamRuntime], None] = lambda _: None

    def prepared(self) -> WorkstreamRuntime:
        runtime = WorkstreamRuntime(WorkstreamSpec("api"))
        self.preparer.prepare_workstream(runtime)
        return runtime

    def worked(self) -> WorkstreamRuntime:
        """Return a prepared workstream that has something to integrate, where that is asked."""
        runtime = self.prepared()
        self.work(runtime)
        return runtime


def fake_setting(root: Path) -> Setting:
    host = FakeHost(root)
    return Setting(
        FakePreparer(host),
        FakeIntegrator(host),
        FakeTeardown(host),
        root,
        lambda: set(host.branches),
        lambda: set(host.worktrees),
        lambda: len(host.pulls),
    )


def git_setting(
    repo: TestRepo, integrator: WorkstreamIntegrator, pulls: Callable[[], int]
) -> Setting:
    folder = repo.path / ".worktrees" / "shop"
    return Setting(
        GitWorkstreamPreparer(repo.path, "shop"),
        integrator,
        GitWorkstreamTeardown(repo.path),
        repo.path,
        lambda: {ref.removeprefix("refs/heads/") for ref in repo.refs("refs/heads")},
        lambda: set(folder.iterdir()) if folder.exists() else set(),
        pulls,
    )


def install_gh(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the small gh on PATH; return the file in which it keeps its PRs."""
    tools, store = folder / "tools", folder / "pulls.json"
    tools.mkdir()
    program = tools / "gh"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {fake_gh.__file__} {store} "$@"\n')
    program.chmod(0o755)
    path = shutil.which("git")
    assert path is not None
    monkeypatch.setenv("PATH", f"{tools}:{Path(path).parent}:/usr/bin:/bin")
    return store


@pytest.fixture
def real_gh(
    tmp_path: Path, origin: TestRepo, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Emulator]:
    """Put the real gh on PATH, and a forge that has ``origin`` before it."""
    program = require_gh(PINNED)
    with running() as forge:
        forge.hub.add_token("secret", "octo")
        forge.hub.add_repository("octo/shop", origin.path)
        environment = gh_environment(forge, tmp_path / "gh", "secret")
        for name, value in (environment | {"GH_REPO": "octo/shop"}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PATH", str(Path(program).parent), prepend=":")
        yield forge


def commit_and_push(runtime: WorkstreamRuntime) -> None:
    """Do some work on a workstream's branch: GitHub opens no PR without a commit."""
    assert runtime.state.worktree_path is not None
    lane = TestRepo(runtime.state.worktree_path)
    lane.commit({"work": "done"})
    lane.git("push", "--quiet", "origin", "HEAD")


@pytest.fixture(params=["real gh", "gh", "local forge", "fake"])
def setting(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Setting:
    if request.param == "fake":
        return fake_setting(tmp_path)
    repo: TestRepo = request.getfixturevalue("repo")
    request.getfixturevalue("origin")
    if request.param == "real gh":
        forge: Emulator = request.getfixturevalue("real_gh")
        gh = GhWorkstreamIntegrator(repo.path)
        shop = forge.hub.repository("octo/shop")
        return replace(git_setting(repo, gh, lambda: len(shop.requests)), work=commit_and_push)
    if request.param == "gh":
        store = install_gh(tmp_path, monkeypatch)
        gh = GhWorkstreamIntegrator(repo.path)
        return git_setting(repo, gh, lambda: len(json.loads(store.read_text())))
    here = discover(repo.path)
    forge = LocalForge(here.git, here.common_dir)
    return git_setting(repo, ForgeWorkstreamIntegrator(repo.path, forge), lambda: len(forge.list()))


def test_each_is_an_instance_of_its_protocol(setting: Setting) -> None:
    assert isinstance(setting.preparer, WorkstreamPreparer)
    assert isinstance(setting.integrator, WorkstreamIntegrator)
    assert isinstance(setting.teardown, WorkstreamTeardown)
    assert isinstance(DryRunRunner(), WorkstreamRunner)


def test_preparing_provides_branch_worktree_and_signal_directory(setting: Setting) -> None:
    runtime = setting.prepared()
    assert runtime.state.branch_name == BRANCH
    assert BRANCH in setting.branches()
    assert runtime.state.worktree_path == setting.root / ".worktrees" / "shop" / "api"
    assert setting.worktrees() == {runtime.state.worktree_path}
    assert runtime.state.signal_dir == setting.root / ".workflow" / "shop" / "workstreams" / "api"
    assert (runtime.state.signal_dir / "pending").read_bytes() == b""
    assert runtime.status is WorkstreamStatus.PENDING


def test_preparing_twice_is_once(setting: Setting) -> None:
    first, second = setting.prepared(), setting.prepared()
    assert first.state == second.state
    assert len(setting.worktrees()) == 1


def test_preparing_from_a_missing_base_names_lane_and_cause_and_sets_nothing(
    setting: Setting,
) -> None:
    runtime = WorkstreamRuntime(WorkstreamSpec("api", base_branch="nowhere"))
    with pytest.raises(WorkspaceError, match=r"api.*nowhere") as caught:
        setting.preparer.prepare_workstream(runtime)
    assert (caught.value.workstream_id, bool(caught.value.argv)) == ("api", True)
    assert "nowhere" in caught.value.stderr
    assert runtime.state.signal_dir is None
    assert runtime.state.worktree_path is None
    assert runtime.state.branch_name is None


def test_integrating_opens_one_pr_and_marks_it(setting: Setting) -> None:
    runtime = setting.worked()
    for _ in range(2):
        setting.integrator.create_integration_pr(runtime)
        assert setting.open_pulls() == 1
    assert runtime.status is WorkstreamStatus.PR_CREATED
    assert runtime.state.signal_dir is not None
    url = (runtime.state.signal_dir / "pr_created").read_text()
    assert url
    assert runtime.artifacts.merge_pr_url == url


def test_integrating_without_a_branch_is_an_error(setting: Setting) -> None:
    with pytest.raises(ValueError, match="branch_name"):
        setting.integrator.create_integration_pr(WorkstreamRuntime(WorkstreamSpec("api")))


def test_teardown_removes_worktree_and_branch_and_may_be_repeated(setting: Setting) -> None:
    runtime = setting.prepared()
    for _ in range(2):
        setting.teardown.teardown_workstream(runtime)
        assert setting.worktrees() == set()
        assert setting.branches() == {"main"}
    assert runtime.artifacts.concerns == []


def test_teardown_keeps_the_branch_of_an_open_pr(setting: Setting) -> None:
    runtime = setting.worked()
    setting.integrator.create_integration_pr(runtime)
    setting.teardown.teardown_workstream(runtime)
    assert setting.worktrees() == set()
    assert BRANCH in setting.branches()


def test_teardown_of_what_was_never_provisioned_does_nothing(setting: Setting) -> None:
    runtime = WorkstreamRuntime(WorkstreamSpec("api"))
    setting.teardown.teardown_workstream(runtime)
    assert runtime.artifacts.concerns == []
    assert "main" in setting.branches()


def test_the_whole_life_through_the_standard_runner(setting: Setting) -> None:
    runner = StandardWorkstreamRunner(setting.preparer, setting.integrator, setting.teardown)
    assert isinstance(runner, WorkstreamRunner)
    runtime = WorkstreamRuntime(WorkstreamSpec("api"))
    runner.prepare(runtime)
    assert runtime.status is WorkstreamStatus.ACTIVE
    setting.work(runtime)
    runtime.mark_merge_ready()
    assert runner.integrate(runtime).status is WorkstreamStatus.PR_CREATED
    runtime.mark_merged()
    runner.teardown(runtime)
    assert setting.branches() == {"main"}
    assert runtime.status is WorkstreamStatus.MERGED
