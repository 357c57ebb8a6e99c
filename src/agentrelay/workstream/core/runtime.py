"""The mutable side of a workstream: state, artifacts, and a status derived from signal files."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Optional

from agentrelay._shared.signals import furthest, publish_signal
from agentrelay.workstream.core.workstream import WorkstreamSpec

# ruff: noqa: UP045 - Optional[...] is how the public contract of this package is written


class WorkstreamStatus(str, Enum):  # noqa: UP042 - the contract's own form
    """Where a workstream is; each value is also the name of the signal file that says so."""

    PENDING = "pending"
    ACTIVE = "active"
    MERGE_READY = "merge_ready"
    PR_CREATED = "pr_created"
    MERGED = "merged"
    FAILED = "failed"


_ORDER = (
    WorkstreamStatus.PENDING,
    WorkstreamStatus.ACTIVE,
    WorkstreamStatus.MERGE_READY,
    WorkstreamStatus.PR_CREATED,
    WorkstreamStatus.MERGED,
    WorkstreamStatus.FAILED,
)
"""Of several signals the last one in this order is the status: a failure wins over all."""


@dataclass(frozen=True)
class TaskSummary:
    """What a task did, for the body of the integration PR."""

    task_id: str
    description: Optional[str] = None
    pr_url: Optional[str] = None
    concerns: tuple[str, ...] = ()


@dataclass
class WorkstreamState:
    """Where a workstream's things are, once they have been provided."""

    signal_dir: Optional[Path] = None
    worktree_path: Optional[Path] = None
    branch_name: Optional[str] = None
    error: Optional[str] = None


@dataclass
class WorkstreamArtifacts:
    """What came out of a workstream."""

    merge_pr_url: Optional[str] = None
    concerns: list[str] = field(default_factory=list[str])
    task_summaries: list[TaskSummary] = field(default_factory=list[TaskSummary])


@dataclass
class WorkstreamRuntime:
    """A workstream while it is worked on. ``status`` is what its signal files say, never stored."""

    spec: WorkstreamSpec
    state: WorkstreamState = field(default_factory=WorkstreamState)
    artifacts: WorkstreamArtifacts = field(default_factory=WorkstreamArtifacts)

    @property
    def status(self) -> WorkstreamStatus:
        """Return the status that any process which looks at ``signal_dir`` sees."""
        if self.state.signal_dir is None:
            failed = self.state.error is not None
            return WorkstreamStatus.FAILED if failed else WorkstreamStatus.PENDING
        name = furthest(self.state.signal_dir, [status.value for status in _ORDER])
        return WorkstreamStatus.PENDING if name is None else WorkstreamStatus(name)

    def mark_pending(self) -> None:
        """Publish that the workstream is provisioned; nothing has started."""
        self._publish(WorkstreamStatus.PENDING)

    def mark_active(self) -> None:
        """Publish that tasks may run."""
        self._publish(WorkstreamStatus.ACTIVE)

    def mark_merge_ready(self) -> None:
        """Publish that every task is done."""
        self._publish(WorkstreamStatus.MERGE_READY)

    def mark_pr_created(self, pr_url: str) -> None:
        """Publish that the integration PR is open at ``pr_url``, and keep the URL."""
        self._publish(WorkstreamStatus.PR_CREATED, pr_url)
        self.artifacts.merge_pr_url = pr_url

    def mark_merged(self) -> None:
        """Publish that the integration PR is in the target branch."""
        self._publish(WorkstreamStatus.MERGED)

    def mark_failed(self, error: str) -> None:
        """Keep ``error``, and publish it where there is a signal directory."""
        self.state.error = error
        if self.state.signal_dir is not None:
            self._publish(WorkstreamStatus.FAILED, error)

    def _publish(self, status: WorkstreamStatus, content: str = "") -> None:
        if self.state.signal_dir is None:
            raise RuntimeError(
                f"workstream {self.spec.id!r} has no signal_dir: it can't be marked {status.value}"
            )
        publish_signal(self.state.signal_dir, status.value, content)
