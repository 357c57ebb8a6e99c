"""Task statuses in motion: which may follow which, and where a task's signal files are.

The engine is the only one that moves a task, by `transition`.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentrelay.errors import InternalError
from agentrelay.task.core.task import TaskStatus

S = TaskStatus

TRANSITIONS: Mapping[TaskStatus, frozenset[TaskStatus]] = {
    S.PENDING: frozenset({S.RUNNING, S.MERGED, S.CANCELLED}),
    S.RUNNING: frozenset({S.PENDING, S.GATING, S.PR_CREATED, S.MERGED, S.FAILED, S.CANCELLED}),
    S.GATING: frozenset({S.PENDING, S.RUNNING, S.PR_CREATED, S.MERGED, S.FAILED, S.CANCELLED}),
    S.PR_CREATED: frozenset({S.PENDING, S.RUNNING, S.MERGED, S.FAILED, S.CANCELLED}),
    S.MERGED: frozenset({S.PENDING}),
    S.FAILED: frozenset({S.PENDING}),
    S.CANCELLED: frozenset({S.PENDING}),
}
"""What may follow what. A task that an earlier run did is ``merged`` from the start; ``merged`` and
other ends are left only when a person reopens a task."""

ENDED = frozenset({S.MERGED, S.FAILED, S.CANCELLED})


def transition(before: TaskStatus, after: TaskStatus) -> TaskStatus:
    """Return ``after``; InternalError where it can't follow ``before``."""
    if after not in TRANSITIONS[before]:
        message = f"a task can't go from {before.value} to {after.value}"
        raise InternalError(message)
    return after
