"""GhWorkstreamIntegrator with the real gh, against a forge that refuses what GitHub refuses."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from tests.emulator import Emulator, running
from tests.emulator.core.model import ChangeRequest, State
from tests.emulator.gh import PROGRAMS, gh_environment, require_gh
from tests.emulator.pushing import push
from tests.gitrepo import TestRepo

from agentrelay.errors import ForgeError
from agentrelay.workstream.core.runtime import TaskSummary, WorkstreamRuntime
from agentrelay.workstream.core.workstream import WorkstreamSpec
from agentrelay.workstream.implementations.workstream_integrator import GhWorkstreamIntegrator

BRANCH = "agentrelay/shop/api/integration"


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> str:
    """Return the path of a gh."""
    return require_gh(request.param)


@pytest.fixture
def forge(
    program: str, repo: TestRepo, origin: TestRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Generator[Emulator]:
    """Run a forge that gh takes for github.com; a push goes to its bare repository."""
    repo.git("config", "remote.origin.pushurl", str(origin.path))
    repo.git("config", "remote.origin.url", "https://github.com/octo/shop.git")
    with running() as made:
        made.hub.add_token("secret", "octo")
        made.hub.add_repository("octo/shop", origin.path)
        for name, value in gh_environment(made, tmp_path / "gh", "secret").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PATH", str(Path(program).parent), prepend=":")
        yield made


@pytest.fixture
def lane(repo: TestRepo, tmp_path: Path) -> WorkstreamRuntime:
    """Return a workstream whose branch has a commit, and was pushed."""
    push(repo, BRANCH, {"api.py": "one\n"})
    runtime = WorkstreamRuntime(WorkstreamSpec("api"))
    runtime.state.branch_name = BRANCH
    runtime.state.signal_dir = tmp_path / "signals"
    runtime.state.signal_dir.mkdir()
    return runtime


def requests(forge: Emulator) -> list[ChangeRequest]:
    return forge.hub.repository("octo/shop").requests


def test_one_request_is_opened_and_adopted_afterwards(
    repo: TestRepo, forge: Emulator, lane: WorkstreamRuntime
) -> None:
    lane.artifacts.task_summaries.append(TaskSummary("t1", "did it"))
    for _ in range(2):
        GhWorkstreamIntegrator(repo.path).create_integration_pr(lane)
    (request,) = requests(forge)
    assert (request.head_branch, request.base_branch) == (BRANCH, "main")
    assert request.title == "Integrate workstream api"
    assert "**t1**" in request.body
    assert lane.artifacts.merge_pr_url == "https://github.com/octo/shop/pull/1"


def test_beside_a_closed_request_another_is_opened(
    repo: TestRepo, forge: Emulator, lane: WorkstreamRuntime
) -> None:
    GhWorkstreamIntegrator(repo.path).create_integration_pr(lane)
    with forge.hub.lock:
        forge.hub.actor("octo/shop", "alice").set_state(requests(forge)[0], State.CLOSED)
    GhWorkstreamIntegrator(repo.path).create_integration_pr(lane)
    assert lane.artifacts.merge_pr_url == "https://github.com/octo/shop/pull/2"


def test_githubs_refusal_comes_with_the_error(
    repo: TestRepo, forge: Emulator, lane: WorkstreamRuntime
) -> None:
    lane.state.branch_name = "not/pushed"
    with pytest.raises(ForgeError, match="Head sha can't be blank") as caught:
        GhWorkstreamIntegrator(repo.path).create_integration_pr(lane)
    assert caught.value.returncode == 1
    assert requests(forge) == []
