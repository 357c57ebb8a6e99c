"""The immutable spec of a workstream (lane)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class WorkstreamSpec:
    """A branch and worktree in which one or more tasks run, and where they land.

    That a parent exists and that the hierarchy has no cycle is checked where graphs are built.
    """

    id: str
    parent_workstream_id: Optional[str] = None  # noqa: UP045 - the contract's own annotation
    base_branch: str = "main"
    merge_target_branch: str = "main"
