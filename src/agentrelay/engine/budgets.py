"""Whether what a task, its lane or the run may take is used up: then a person is asked.

It is looked at before a turn is started. A turn that runs is not ended for it, and several that run
at once can go beyond together: what a turn took is known once it is collected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from agentrelay._shared.text import format_duration
from agentrelay.engine.snapshot import Snapshot, TaskState
from agentrelay.engine.spending import Spent, total
from agentrelay.task.core.task import BUDGETS, Budget, Limits

HOLD = "budget"
"""Kind of the hold of a task that starts no turn because something is used up."""

DIGITS = 6
"""Decimals that count: a sum of floats has more than it knows."""

RUN = "run"
"""Under this name the limits of the whole run are kept."""


@dataclass(frozen=True)
class Bound:
    """A limit, what of it is used, and whose it is: ``task``'s, else ``lane``'s, else the run's."""

    key: str
    used: float
    limit: float
    task: str | None = None
    lane: str | None = None

    @property
    def left(self) -> float:
        """Return what is not used yet, nothing where it is reached."""
        return round(max(0.0, self.limit - self.used), DIGITS)

    @property
    def reason(self) -> str:
        """Return the sentence that names it."""
        whose = (
            f"task {self.task}" if self.task else f"lane {self.lane}" if self.lane else "the run"
        )
        return f"{whose} has used {shown(self.key, self.used)} of {shown(self.key, self.limit)}"


def scope_name(task: str | None, lane: str | None) -> str:
    """Return under which name the limits that a person sets are kept."""
    return f"task:{task}" if task is not None else f"lane:{lane}" if lane is not None else RUN


def find_overrun(s: Snapshot, task: TaskState) -> Bound | None:
    """Return the first limit that keeps a task's next turn from being started, or None."""
    return next((bound for bound in _bounds(s, task) if bound.left == 0), None)


def find_cost_bound(s: Snapshot, task: TaskState) -> Bound | None:
    """Return the limit of money of which least is left to a task's next turn, None without one.

    It is for a program that keeps to such a limit itself.
    """
    bounds = [bound for bound in _bounds(s, task) if bound.key == "cost_usd"]
    return min(bounds, key=lambda bound: bound.left, default=None)


def shown(key: str, amount: float) -> str:
    """Return an amount of what a limit counts, for people."""
    if key == "cost_usd":
        return f"${amount:.2f}"
    return format_duration(round(amount)) if key == "time" else f"{amount:,.0f} tokens"


def _bounds(s: Snapshot, task: TaskState) -> Iterator[Bound]:
    for owner, lane, stated, parts in _scopes(s, task):
        limits = list(_limits(s, scope_name(owner, lane), stated))
        # A lane may have thousands of tasks: they are added up only where it has limits.
        spent = total(parts) if limits else Spent()
        for key, limit in limits:
            yield Bound(key, _used(spent, key), limit, owner, lane)


def _scopes(
    s: Snapshot, task: TaskState
) -> Iterator[tuple[str | None, str | None, Limits | Budget, Iterable[Spent]]]:
    yield task.id, None, task.spec.limits, (task.spent,)
    in_lane = (s.tasks[member.id].spent for member in s.graph.tasks_of[task.lane])
    yield None, task.lane, s.graph.lane_by_id[task.lane].limits, in_lane
    yield None, None, s.graph.limits, (s.spent,)


def _limits(s: Snapshot, scope: str, stated: Limits | Budget) -> Iterator[tuple[str, float]]:
    """Give the limits that hold: those of the graph, but for what a person has set since."""
    by_person: Mapping[str, float | None] = s.limits.get(scope, {})
    for key in BUDGETS:
        limit = by_person[key] if key in by_person else getattr(stated, key)
        if limit is not None:
            yield key, limit


def _used(spent: Spent, key: str) -> float:
    return {"cost_usd": spent.usd, "tokens": spent.tokens, "time": spent.seconds}[key]
