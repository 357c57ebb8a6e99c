"""What differs between two versions of a graph, as sentences for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from agentrelay.graph.model import Lane, TaskGraph
from agentrelay.task.core.task import BUDGETS, TaskSpec

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def difference(before: TaskGraph, after: TaskGraph) -> list[str]:
    """Return a line for each task, lane or setting that was added, removed or edited."""
    lines = list(_named("task", before.task_by_id, after.task_by_id))
    lines += _named("lane", before.lane_by_id, after.lane_by_id)
    lines += _named("agent", before.agents, after.agents)
    for name in ("max_agents", "max_gates", "roles", "max_workstream_depth"):
        lines += _setting(name, getattr(before, name), getattr(after, name))
    for name in BUDGETS:
        then, now = getattr(before.limits, name), getattr(after.limits, name)
        lines += _setting(f"limits.{name}", _amount(then), _amount(now))
    return lines or ["nothing that a run would notice, but the file is another one"]


def _setting(name: str, before: object, after: object) -> list[str]:
    return [f"{name}: {before} before, {after} now"] if before != after else []


def _amount(limit: float | None) -> str:
    return "none" if limit is None else f"{limit:.12g}"


def _named(
    kind: str,
    before: Mapping[str, TaskSpec | Lane | DataclassInstance],
    after: Mapping[str, TaskSpec | Lane | DataclassInstance],
) -> Iterator[str]:
    for name in before:
        if name not in after:
            yield f"{kind} {name}: removed"
    for name, now in after.items():
        then = before.get(name)
        if then is None:
            yield f"{kind} {name}: added"
        elif then != now:
            changed = [f.name for f in fields(now) if getattr(then, f.name) != getattr(now, f.name)]
            yield f"{kind} {name}: edited ({', '.join(changed)})"
