"""Small graphs for tests: lanes drawn as ``"lane: task<dependency,other task"``."""

from agentrelay.graph.model import AgentSpec, Lane, TaskGraph
from agentrelay.task.core.task import TaskSpec
from agentrelay.workstream.core.workstream import WorkstreamSpec


def graph(*drawings: str, parents: dict[str, str] | None = None, **bounds: int) -> TaskGraph:
    lanes, tasks = [], []
    for drawing in drawings:
        lane, _, names = drawing.partition(":")
        lanes.append(Lane(WorkstreamSpec(lane, (parents or {}).get(lane))))
        for name in names.split():
            task, _, below = name.partition("<")
            dependencies = tuple(below.split(",")) if below else ()
            tasks.append(TaskSpec(task, lane, "Do it.", dependencies, agent="claude"))
    agents = {"claude": AgentSpec("claude", "claude")}
    return TaskGraph("g", tuple(tasks), tuple(lanes), agents, **bounds)
