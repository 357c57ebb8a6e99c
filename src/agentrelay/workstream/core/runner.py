"""Drives one workstream through its lifecycle, and turns errors into its status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Protocol, runtime_checkable

from agentrelay.workstream.core.io import (
    WorkstreamIntegrator,
    WorkstreamPreparer,
    WorkstreamTeardown,
)
from agentrelay.workstream.core.runtime import WorkstreamRuntime, WorkstreamStatus

# ruff: noqa: UP045 - Optional[...] is how the public contract of this package is written


@dataclass(frozen=True)
class WorkstreamRunResult:
    """Where a workstream was when a step of it ended."""

    workstream_id: str
    status: WorkstreamStatus
    error: Optional[str]

    @classmethod
    def from_runtime(cls, runtime: WorkstreamRuntime) -> WorkstreamRunResult:
        """Return a snapshot of ``runtime`` as it is now."""
        return cls(runtime.spec.id, runtime.status, runtime.state.error)


@runtime_checkable
class WorkstreamRunner(Protocol):
    """What the orchestrator sees of a workstream's lifecycle; a dry run is another class."""

    def prepare(self, rt: WorkstreamRuntime) -> None:
        """Provide the workstream and mark it active; what fails marks it failed and is raised."""
        ...

    def integrate(self, rt: WorkstreamRuntime) -> WorkstreamRunResult:
        """Propose the workstream for its target; what fails is told by the result, not raised."""
        ...

    def teardown(self, rt: WorkstreamRuntime) -> None:
        """Remove what the workstream worked in; what fails becomes a concern, not raised."""
        ...


@dataclass
class StandardWorkstreamRunner:
    """The runner that does it: each step by the implementation that it was given."""

    _preparer: WorkstreamPreparer
    _integrator: WorkstreamIntegrator
    _teardown: WorkstreamTeardown

    def prepare(self, rt: WorkstreamRuntime) -> None:
        """Provide the workstream and mark it active; what fails marks it failed and is raised."""
        try:
            self._preparer.prepare_workstream(rt)
            rt.mark_active()
        except Exception as error:
            rt.mark_failed(_described(error))
            raise

    def integrate(self, rt: WorkstreamRuntime) -> WorkstreamRunResult:
        """Propose the workstream for its target; what fails is told by the result, not raised."""
        try:
            self._integrator.create_integration_pr(rt)
        except Exception as error:  # noqa: BLE001 - the contract: any exception is the lane's failure
            rt.mark_failed(_described(error))
        return WorkstreamRunResult.from_runtime(rt)

    def teardown(self, rt: WorkstreamRuntime) -> None:
        """Remove what the workstream worked in; what fails becomes a concern, not raised."""
        try:
            self._teardown.teardown_workstream(rt)
        except Exception as error:  # noqa: BLE001 - the contract: any exception becomes a concern
            rt.artifacts.concerns.append(f"teardown_failed: {error}")


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
