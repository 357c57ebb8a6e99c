"""How a command names a task or a lane of a graph, so that nothing else here can be meant."""

from __future__ import annotations

from agentrelay.graph.model import TaskGraph


def name_of_lane(graph: TaskGraph, lane: str) -> str:
    """Return ``graph/lane``, or ``lane:graph/lane`` where a task has the same id."""
    name = f"{graph.name}/{lane}"
    return f"lane:{name}" if lane in graph.task_by_id else name


def name_of_task(graph: TaskGraph, task: str) -> str:
    """Return ``graph/task``, or ``task:graph/task`` where a lane has the same id."""
    name = f"{graph.name}/{task}"
    return f"task:{name}" if task in graph.lane_by_id else name
