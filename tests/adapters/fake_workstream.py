"""Workstream protocols without git or forge, and a runner that only says what it would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from agentrelay.errors import WorkspaceError
from agentrelay.workstream.core.integration_body import integration_title
from agentrelay.workstream.core.runner import WorkstreamRunResult
from agentrelay.workstream.core.runtime import WorkstreamRuntime, WorkstreamStatus


@dataclass
class FakeHost:
    """What the fakes share: branches with their content, worktrees, open PRs by their branches."""

    root: Path
    graph: str = "shop"
    branches: dict[str, str] = field(default_factory=lambda: {"main": "base"})
    worktrees: set[Path] = field(default_factory=set)
    pulls: dict[tuple[str, str], str] = field(default_factory=dict)


@dataclass
class FakePreparer:
    """Provides a lane of a FakeHost."""

    host: FakeHost

    def prepare_workstream(self, workstream_runtime: WorkstreamRuntime) -> None:
        spec, state = workstream_runtime.spec, workstream_runtime.state
        if spec.base_branch not in self.host.branches:
            raise WorkspaceError(
                f"workstream {spec.id!r}: no branch {spec.base_branch!r}",
                workstream_id=spec.id,
                argv=("fake",),
                stderr=f"no branch {spec.base_branch!r}",
            )
        branch = f"agentrelay/{self.host.graph}/{spec.id}/integration"
        self.host.branches.setdefault(branch, self.host.branches[spec.base_branch])
        path = self.host.root / ".worktrees" / self.host.graph / spec.id
        self.host.worktrees.add(path)
        state.signal_dir = self.host.root / ".workflow" / self.host.graph / "workstreams" / spec.id
        state.worktree_path, state.branch_name = path, branch
        workstream_runtime.mark_pending()


@dataclass
class FakeIntegrator:
    """Opens PRs of a FakeHost."""

    host: FakeHost

    def create_integration_pr(self, workstream_runtime: WorkstreamRuntime) -> None:
        branch = workstream_runtime.state.branch_name
        if branch is None:
            raise ValueError(f"no branch_name: {integration_title(workstream_runtime)}")
        pair = (branch, workstream_runtime.spec.merge_target_branch)
        url = self.host.pulls.setdefault(pair, f"fake#{len(self.host.pulls) + 1}")
        workstream_runtime.mark_pr_created(url)


@dataclass
class FakeTeardown:
    """Removes lanes of a FakeHost."""

    host: FakeHost

    def teardown_workstream(self, workstream_runtime: WorkstreamRuntime) -> None:
        state = workstream_runtime.state
        if state.worktree_path is not None:
            self.host.worktrees.discard(state.worktree_path)
        if workstream_runtime.status is not WorkstreamStatus.PR_CREATED and state.branch_name:
            self.host.branches.pop(state.branch_name, None)


@dataclass
class DryRunRunner:
    """A WorkstreamRunner that does nothing and keeps what it would have done."""

    said: list[str] = field(default_factory=list)

    def prepare(self, rt: WorkstreamRuntime) -> None:
        self.said.append(f"prepare {rt.spec.id}")

    def integrate(self, rt: WorkstreamRuntime) -> WorkstreamRunResult:
        self.said.append(f"integrate {rt.spec.id}")
        return WorkstreamRunResult.from_runtime(rt)

    def teardown(self, rt: WorkstreamRuntime) -> None:
        self.said.append(f"teardown {rt.spec.id}")
