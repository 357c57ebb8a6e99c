"""The three acts on the outside world of which a workstream's life consists, as protocols."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from agentrelay.workstream.core.runtime import WorkstreamRuntime


@runtime_checkable
class WorkstreamPreparer(Protocol):
    """Provides what a workstream's tasks work in."""

    def prepare_workstream(self, workstream_runtime: WorkstreamRuntime) -> None:
        """Provide worktree, integration branch and signal directory, then mark it pending.

        Sets ``state`` only after all has worked. On a lane that is already, or half, provisioned
        it completes what is missing and loses no commit. WorkspaceError where git refuses.
        """
        ...


@runtime_checkable
class WorkstreamIntegrator(Protocol):
    """Proposes a workstream's branch for its target."""

    def create_integration_pr(self, workstream_runtime: WorkstreamRuntime) -> None:
        """Have one open PR from the integration branch to the merge target, and mark it.

        Merges nothing. An open PR of the same branches is used again. Raises where
        ``state.branch_name`` is missing or the forge refuses.
        """
        ...


@runtime_checkable
class WorkstreamTeardown(Protocol):
    """Removes what a workstream worked in."""

    def teardown_workstream(self, workstream_runtime: WorkstreamRuntime) -> None:
        """Remove worktree and integration branch, as far as that works and loses nothing.

        Steps are independent; one that fails is named in ``artifacts.concerns``. While the PR is
        open the branches stay. Doing it twice is doing it once.
        """
        ...
