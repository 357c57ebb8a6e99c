"""Graphs for simulations: few tasks and lanes, every shape of dependency that is permitted."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from agentrelay.gates.gate import GateSpec
from agentrelay.graph.model import Lane, Setup, TaskGraph
from agentrelay.task.core.task import TaskSpec
from agentrelay.workstream.core.workstream import WorkstreamSpec

TARGETS = ("main", "main", "main", "release")
LANE_GATES: tuple[tuple[str, ...], ...] = ((), ("all",), ("one", "two"))
TASK_GATES: tuple[tuple[str, ...], ...] = ((), ("unit",), ("unit", "lint"))


def graph_of(random: Random) -> TaskGraph:
    """Return a graph whose tasks depend on earlier ones, in their own lane or in one before it."""
    lane_count = random.randint(1, 4)
    lanes = tuple(_lane(random, index) for index in range(lane_count))
    count = random.randint(max(2, lane_count), 12)
    # Each lane has a task; the lanes that a lane depends on have smaller numbers, so none waits
    # in a circle.
    places = [*range(lane_count), *(random.randint(0, lane_count - 1) for _ in range(count))]
    places = sorted(places[:count]) if random.random() < 0.5 else places[:count]
    tasks: list[TaskSpec] = []
    for number, place in enumerate(places):
        below = [task.id for task in tasks if int(task.workstream_id[1:]) <= place]
        tasks.append(_task(random, number, place, below))
    return TaskGraph("g", tuple(tasks), lanes, max_agents=2, max_gates=1)


def _lane(random: Random, index: int) -> Lane:
    return Lane(
        WorkstreamSpec(f"l{index}", merge_target_branch=random.choice(TARGETS)),
        auto_merge=random.random() < 0.5,
        gates=_gates(random.choice(LANE_GATES), 1),
        setup=Setup("true") if random.random() < 0.3 else None,
    )


def _task(random: Random, number: int, place: int, below: list[str]) -> TaskSpec:
    wanted = random.sample(below, min(len(below), random.choice((0, 1, 1, 2, 3))))
    return TaskSpec(
        f"t{number}",
        f"l{place}",
        "what is to be done",
        tuple(wanted),
        max_attempts=random.randint(1, 3),
        gates=_gates(random.choice(TASK_GATES), random.randint(1, 2)),
    )


def _gates(names: tuple[str, ...], tries: int) -> tuple[GateSpec, ...]:
    return tuple(GateSpec(name, "true", max_gate_attempts=tries) for name in names)


def graphs() -> st.SearchStrategy[TaskGraph]:
    """Draw graphs, so that hypothesis can look for a small one that fails."""
    return st.builds(graph_of, st.randoms(use_true_random=False))
