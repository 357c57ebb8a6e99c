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

RUN = "run"
"""Under this name the limits of the whole run are kept."""


@dataclass(frozen=True)
class Overrun:
    """A limit that is reached: ``task``, else ``lane``, says whose it is; neither: the run's."""

    key: str
    used: float
    limit: float
    task: str | None = None
    lane: str | None = None

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


def find_overrun(s: Snapshot, task: TaskState) -> Overrun | None:
    """Return the first limit that keeps a task's next turn from being started, or None."""
    for owner, lane, stated, parts in _scopes(s, task):
        limits = list(_limits(s, scope_name(owner, lane), stated))
        # A lane may have thousands of tasks: they are added up only where it has limits.
        spent = total(parts) if limits else Spent()
        for key, limit in limits:
            used = _used(spent, key)
            if used >= limit:
                return Overrun(key, used, limit, owner, lane)
    return None


def cost_limit(s: Snapshot, task: TaskState) -> float | None:
    """Return what a task may cost, for a program that keeps to that itself."""
    limits = dict(_limits(s, scope_name(task.id, None), task.spec.limits))
    return limits.get("cost_usd")


def shown(key: str, amount: float) -> str:
    """Return an amount of what a limit counts, for people."""
    if key == "cost_usd":
        return f"${amount:.2f}"
    return format_duration(round(amount)) if key == "time" else f"{amount:,.0f} tokens"


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
