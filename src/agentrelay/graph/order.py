"""The order that a graph's dependencies impose on its tasks and on the landing of its lanes.

All functions take a graph without cycles (``validate`` found none), are iterative, and take
O(tasks + dependencies).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from agentrelay.graph.model import TaskGraph
from agentrelay.task.core.task import TaskSpec


def topological(edges: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return the keys of ``edges`` so that each stands after all that it points to.

    Stable: keys keep their order as far as the edges permit. ValueError where there is a cycle.
    """
    ordered: dict[str, None] = {}
    open_keys: set[str] = set()
    for key in edges:
        stack = [(key, iter(edges[key]))] if key not in ordered else []
        open_keys.update(entry for entry, _ in stack)
        while stack:
            current, rest = stack[-1]
            below = next((name for name in rest if name not in ordered), None)
            if below is None:
                stack.pop()
                open_keys.discard(current)
                ordered[current] = None
            elif below in open_keys:
                raise ValueError(f"a cycle leads through {below}")
            else:
                open_keys.add(below)
                stack.append((below, iter(edges[below])))
    return tuple(ordered)


def task_order(graph: TaskGraph) -> tuple[str, ...]:
    """Return the ids of all tasks, dependencies first, else in the file's order."""
    return topological({task.id: task.dependencies for task in graph.tasks})


def levels(graph: TaskGraph) -> Mapping[str, int]:
    """Return for each task the length of the longest chain of dependencies below it, from 0."""
    tasks = graph.task_by_id
    level: dict[str, int] = {}
    for name in task_order(graph):
        level[name] = max((level[below] + 1 for below in tasks[name].dependencies), default=0)
    return level


def depth_to_end(graph: TaskGraph) -> Mapping[str, int]:
    """Return for each task the length of the longest chain of tasks that wait for it, from 0.

    Of several tasks that could start, the one with the largest number holds up the most.
    """
    depth: dict[str, int] = {}
    for name in reversed(task_order(graph)):
        depth[name] = max((depth[above] + 1 for above in graph.dependents[name]), default=0)
    return depth


def critical_path(
    graph: TaskGraph, weight: Callable[[TaskSpec], float] = lambda _task: 1.0
) -> tuple[str, ...]:
    """Return the heaviest chain of tasks, first task first; no run can be faster than it."""
    finish: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for name in task_order(graph):
        task = graph.task_by_id[name]
        latest = max(task.dependencies, key=finish.__getitem__, default=None)
        before[name] = latest
        finish[name] = weight(task) + (finish[latest] if latest is not None else 0.0)
    last = max(finish, key=finish.__getitem__, default=None)
    path: list[str] = []
    while last is not None:
        path.append(last)
        last = before[last]
    return tuple(reversed(path))


def ancestors_of(parents: Mapping[str, str | None], lane: str) -> tuple[str, ...]:
    """Return the lanes in which ``lane`` lies, nearest first; ends where a circle closes."""
    chain: dict[str, None] = {}
    above = parents.get(lane)
    while above is not None and above not in chain:
        chain[above] = None
        above = parents.get(above)
    return tuple(chain)


def lane_dependencies(graph: TaskGraph) -> Mapping[str, frozenset[str]]:
    """Return for each lane the lanes that land before it.

    These are the lanes on whose tasks its own depend, and a parent's children. That a child's task
    depends on one of a lane in which it lies does not count: it lands into that lane.
    """
    parents = {lane.id: lane.spec.parent_workstream_id for lane in graph.lanes}
    inside = {lane: frozenset((lane, *ancestors_of(parents, lane))) for lane in parents}
    first: dict[str, set[str]] = {lane: set() for lane in parents}
    for lane, parent in parents.items():
        if parent is not None:
            first[parent].add(lane)
    lane_of = {task.id: task.workstream_id for task in graph.tasks}
    for task in graph.tasks:
        lane = task.workstream_id
        first[lane].update(lane_of[below] for below in task.dependencies)
    return {lane: frozenset(before - inside[lane]) for lane, before in first.items()}


def landing_order(graph: TaskGraph) -> tuple[str, ...]:
    """Return the ids of all lanes so that each stands after those that land before it."""
    rank = {lane.id: index for index, lane in enumerate(graph.lanes)}
    before = lane_dependencies(graph)
    return topological({lane: sorted(before[lane], key=rank.__getitem__) for lane in rank})
