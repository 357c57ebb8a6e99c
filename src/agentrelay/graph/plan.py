"""What a run of a graph would do: a read model of lanes, order, parallel work, critical path."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from agentrelay.graph.model import Lane, TaskGraph
from agentrelay.graph.order import critical_path, depth_to_end, landing_order, lane_dependencies


@dataclass(frozen=True)
class PlannedTask:
    """A task in a plan; ``wave`` counts from 1."""

    id: str
    agent: str
    dependencies: tuple[str, ...]
    wave: int


@dataclass(frozen=True)
class PlannedLane:
    """A lane in a plan, its tasks in the order in which they run."""

    id: str
    parent: str | None
    base_branch: str
    merge_target_branch: str
    auto_merge: bool
    lands_after: tuple[str, ...]
    tasks: tuple[PlannedTask, ...]


@dataclass(frozen=True)
class Plan:
    """A graph's plan. Made of tuples and plain values: ``json.dumps(plan, default=vars)``.

    ``lanes`` are in landing order. ``waves`` are the tasks that would run side by side if all took
    equally long and there were agents for all; ``max_agents`` says how many there are.
    ``bypassing`` are the agents whose programs have no permission system of their own left.
    """

    graph: str
    max_agents: int
    lanes: tuple[PlannedLane, ...]
    waves: tuple[tuple[str, ...], ...]
    critical_path: tuple[str, ...]
    bypassing: tuple[str, ...] = ()


def plan_of(graph: TaskGraph) -> Plan:
    """Return the plan of a validated ``graph``."""
    waves = _waves(graph)
    wave_of = {task: number for number, wave in enumerate(waves, 1) for task in wave}
    before = lane_dependencies(graph)
    order = landing_order(graph)
    rank = {lane: index for index, lane in enumerate(order)}
    return Plan(
        graph=graph.name,
        max_agents=graph.max_agents,
        lanes=tuple(
            _planned(
                graph,
                graph.lane_by_id[lane],
                tuple(sorted(before[lane], key=rank.__getitem__)),
                wave_of,
            )
            for lane in order
        ),
        waves=waves,
        critical_path=critical_path(graph),
        bypassing=tuple(
            name
            for name in dict.fromkeys(task.agent for task in graph.tasks)
            if graph.agents[name].bypasses_permissions
        ),
    )


def _planned(
    graph: TaskGraph, lane: Lane, lands_after: tuple[str, ...], wave_of: Mapping[str, int]
) -> PlannedLane:
    tasks = [
        PlannedTask(task.id, task.agent, task.dependencies, wave_of[task.id])
        for task in graph.tasks_of[lane.id]
    ]
    return PlannedLane(
        id=lane.id,
        parent=lane.spec.parent_workstream_id,
        base_branch=lane.spec.base_branch,
        merge_target_branch=lane.spec.merge_target_branch,
        auto_merge=lane.auto_merge,
        lands_after=lands_after,
        tasks=tuple(sorted(tasks, key=lambda task: task.wave)),
    )


def _waves(graph: TaskGraph) -> tuple[tuple[str, ...], ...]:
    """Run the graph in the mind, each lane taking what holds up the most first."""
    depth = depth_to_end(graph)
    rank = {task.id: index for index, task in enumerate(graph.tasks)}
    missing = {task.id: len(task.dependencies) for task in graph.tasks}
    ready: dict[str, list[tuple[int, int, str]]] = {}

    def free(name: str) -> None:
        lane = graph.task_by_id[name].workstream_id
        heapq.heappush(ready.setdefault(lane, []), (-depth[name], rank[name], name))

    for name, count in missing.items():
        if not count:
            free(name)
    waves: list[tuple[str, ...]] = []
    while ready:
        wave = _next_wave(graph, ready)
        for above in (above for name in wave for above in graph.dependents[name]):
            missing[above] -= 1
            if not missing[above]:
                free(above)
        waves.append(tuple(sorted(wave, key=rank.__getitem__)))
    return tuple(waves)


def _next_wave(graph: TaskGraph, ready: dict[str, list[tuple[int, int, str]]]) -> list[str]:
    """Take from each lane's ready tasks as many as it runs at once; drop lanes left with none."""
    wave: list[str] = []
    for lane, tasks in list(ready.items()):
        at_once = min(graph.lane_by_id[lane].max_parallel, len(tasks))
        wave.extend(heapq.heappop(tasks)[2] for _ in range(at_once))
        if not tasks:
            del ready[lane]
    return wave
