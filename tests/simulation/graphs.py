"""Graphs for simulations: few tasks and lanes, every shape of dependency that is permitted."""

from __future__ import annotations

from hypothesis import strategies as st

from agentrelay.gates.gate import GateSpec
from agentrelay.graph.model import Lane, Setup, TaskGraph
from agentrelay.task.core.task import TaskSpec
from agentrelay.workstream.core.workstream import WorkstreamSpec

TARGETS = ("main", "main", "main", "release")


def _gates(names: list[str], tries: int) -> tuple[GateSpec, ...]:
    return tuple(GateSpec(name, "true", max_gate_attempts=tries) for name in names)


@st.composite
def graphs(draw: st.DrawFn) -> TaskGraph:
    """Draw a graph: tasks depend on earlier ones, in their own lane or in one that comes before."""
    lane_count = draw(st.integers(1, 4))
    lanes = tuple(
        Lane(
            WorkstreamSpec(f"l{index}", merge_target_branch=draw(st.sampled_from(TARGETS))),
            auto_merge=draw(st.booleans()),
            gates=_gates(draw(st.sampled_from([[], ["all"], ["one", "two"]])), 1),
            setup=Setup("true") if draw(st.booleans()) else None,
        )
        for index in range(lane_count)
    )
    count = draw(st.integers(max(2, lane_count), 12))
    # Each lane has a task; the lanes that a lane depends on have smaller numbers, so none waits
    # in a circle.
    places = [*range(lane_count), *(draw(st.integers(0, lane_count - 1)) for _ in range(count))]
    places = sorted(places[:count]) if draw(st.booleans()) else places[:count]
    tasks: list[TaskSpec] = []
    for number, place in enumerate(places):
        below = [t.id for t in tasks if int(t.workstream_id[1:]) <= place]
        chosen = draw(st.lists(st.sampled_from(below), max_size=3, unique=True)) if below else []
        tasks.append(
            TaskSpec(
                f"t{number}",
                f"l{place}",
                "what is to be done",
                tuple(chosen),
                max_attempts=draw(st.integers(1, 3)),
                gates=_gates(
                    draw(st.sampled_from([[], ["unit"], ["unit", "lint"]])), draw(st.integers(1, 2))
                ),
            )
        )
    return TaskGraph("g", tuple(tasks), lanes, max_agents=2, max_gates=1)
