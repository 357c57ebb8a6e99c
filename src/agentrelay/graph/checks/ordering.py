"""Checks that everything can happen in some order: no circles, no nesting too deep."""

from __future__ import annotations

from collections.abc import Iterator

from agentrelay._shared.text import quoted
from agentrelay.graph import codes
from agentrelay.graph.cycles import disjoint_cycles
from agentrelay.graph.draft import Draft
from agentrelay.graph.model import TaskGraph
from agentrelay.graph.order import ancestors_of, lane_dependencies
from agentrelay.graph.problem import Position, Problem

_NAMED = 8
"""How many members of a circle are named before and after the dots."""


def check_order(draft: Draft) -> Iterator[Problem]:
    """Yield the circles in ``draft``, and what follows from the order being wrong."""
    yield from _nesting(draft)
    graph = draft.sound_part()
    cycles = disjoint_cycles({task.id: task.dependencies for task in graph.tasks})
    for cycle in cycles:
        yield Problem(
            codes.TASK_CYCLE,
            f"tasks wait for each other: {_circle(cycle)}",
            _dependency_position(draft, cycle[0], cycle[1]),
            f"{cycle[0]} waits for {cycle[1]}, which in the end waits for {cycle[0]}",
            "remove one of these dependencies",
            (f"the circle has {len(cycle)} tasks",) if len(cycle) > _NAMED else (),
        )
    if not cycles:
        yield from _lane_cycles(draft, graph)
        yield from _inputs(draft, graph)


def _nesting(draft: Draft) -> Iterator[Problem]:
    parents = {lane.id: lane.spec.parent_workstream_id for lane in draft.graph.lanes}
    place = {lane.id: index for index, lane in reversed(list(draft.lanes()))}
    edges = {lane: [parent] if parent else [] for lane, parent in parents.items()}
    for cycle in disjoint_cycles(edges):
        yield Problem(
            codes.PARENT_CYCLE,
            f"workstreams lie in each other: {_circle(cycle)}",
            draft.locate(("workstreams", place[cycle[0]], "parent_workstream_id")),
            "leads back to itself",
            "remove one of these parents",
        )
    bound = draft.graph.max_workstream_depth
    for lane in parents:
        above = ancestors_of(parents, lane)
        if len(above) > bound and lane not in above:
            yield Problem(
                codes.TOO_DEEP,
                f"workstream {quoted(lane)} lies {len(above)} levels below the top",
                draft.locate(("workstreams", place[lane], "parent_workstream_id")),
                f"at most {bound} allowed",
                f"set `max_workstream_depth: {len(above)}`, or choose another parent",
            )


def _lane_cycles(draft: Draft, graph: TaskGraph) -> Iterator[Problem]:
    before = lane_dependencies(graph)
    rank = {lane.id: index for index, lane in enumerate(graph.lanes)}
    edges = {lane: sorted(before[lane], key=rank.__getitem__) for lane in rank}
    for cycle in disjoint_cycles(edges):
        pairs = list(zip(cycle, (*cycle[1:], cycle[0]), strict=True))
        reasons = [_tasks_between(graph, lane, first) for lane, first in pairs]
        tasks = next(reason for reason in reasons if reason is not None)
        yield Problem(
            codes.LANE_CYCLE,
            f"workstreams wait for each other: {_circle(cycle)}",
            _dependency_position(draft, *tasks),
            "part of a circle among workstreams",
            "move a task to another workstream, or split a workstream in two",
            tuple(
                _reason(*pair, tasks)
                for pair, tasks in list(zip(pairs, reasons, strict=True))[: 2 * _NAMED]
            ),
        )


def _tasks_between(graph: TaskGraph, lane: str, first: str) -> tuple[str, str] | None:
    """Return a task of ``lane`` and the one of ``first`` on which it depends, if there are."""
    for task in graph.tasks_of[lane]:
        for name in task.dependencies:
            if graph.task_by_id[name].workstream_id == first:
                return task.id, name
    return None


def _reason(lane: str, first: str, tasks: tuple[str, str] | None) -> str:
    if tasks is None:
        return f"{quoted(lane)} lands after its child {quoted(first)}"
    task, below = tasks
    return (
        f"{quoted(lane)} lands after {quoted(first)}: "
        f"task {quoted(task)} depends on {quoted(below)}"
    )


def _inputs(draft: Draft, graph: TaskGraph) -> Iterator[Problem]:
    downstream: dict[str, set[str]] = {}
    for index, task in draft.tasks():
        for place, entry in enumerate(task.inputs_from):
            wanted = entry.task
            if wanted in task.dependencies or not {wanted, task.id} <= graph.task_by_id.keys():
                continue
            if wanted not in downstream:
                downstream[wanted] = _downstream(graph, wanted)
            if task.id not in downstream[wanted]:
                yield Problem(
                    codes.INPUT_NOT_UPSTREAM,
                    f"task {quoted(task.id)} has inputs from {quoted(wanted)}, "
                    "but does not wait for it",
                    draft.locate(("tasks", index, "inputs_from", place, "task")),
                    "not among its dependencies, nor among theirs",
                    f"add {quoted(wanted)} to its dependencies",
                )


def _downstream(graph: TaskGraph, task: str) -> set[str]:
    """Return the tasks that wait for ``task``, directly or through others."""
    found: set[str] = set()
    queue = [task]
    while queue:
        fresh = set(graph.dependents[queue.pop()]) - found
        found |= fresh
        queue.extend(fresh)
    return found


def _dependency_position(draft: Draft, task: str, below: str) -> Position | None:
    for index, spec in draft.tasks():
        if spec.id == task and below in spec.dependencies:
            return draft.locate(("tasks", index, "dependencies", spec.dependencies.index(below)))
    return None


def _circle(cycle: tuple[str, ...]) -> str:
    if len(cycle) <= 2 * _NAMED:
        return " -> ".join((*cycle, cycle[0]))
    hidden = len(cycle) - _NAMED - 1
    return " -> ".join((*cycle[:_NAMED], f"({hidden} more)", cycle[-1], cycle[0]))
