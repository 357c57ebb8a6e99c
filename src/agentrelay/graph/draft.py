"""A graph that has not been validated yet, with what validation needs to know beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from agentrelay.graph.model import Lane, TaskGraph
from agentrelay.graph.order import ancestors_of
from agentrelay.graph.problem import Locate, nowhere
from agentrelay.task.core.task import TaskSpec

ADAPTERS = frozenset({
    "command", "claude", "codex", "opencode", "gemini", "copilot", "qwen", "aider", "acp"
})  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """A graph whose parts have the right types; ids may repeat and references lead nowhere.

    ``adapters`` are the known names of adapters; ``locate`` finds a part in the graph's file.
    """

    graph: TaskGraph
    adapters: frozenset[str] = ADAPTERS
    locate: Locate = nowhere

    def lanes(self) -> Iterator[tuple[int, Lane]]:
        """Yield the lanes with their places in the file's list."""
        return enumerate(self.graph.lanes)

    def tasks(self) -> Iterator[tuple[int, TaskSpec]]:
        """Yield the tasks with their places in the file's list."""
        return enumerate(self.graph.tasks)

    def sound_part(self) -> TaskGraph:
        """Return the graph without what refers to nothing, so that its order can be looked at."""
        lanes = {lane.id: lane for lane in reversed(self.graph.lanes)}
        tasks = {
            task.id: task for task in reversed(self.graph.tasks) if task.workstream_id in lanes
        }
        parents = {name: lane.spec.parent_workstream_id for name, lane in lanes.items()}
        return replace(
            self.graph,
            lanes=tuple(_with_parent(lane, parents) for lane in reversed(lanes.values())),
            tasks=tuple(_with_known(task, tasks) for task in reversed(tasks.values())),
        )


def _with_parent(lane: Lane, parents: Mapping[str, str | None]) -> Lane:
    """Return ``lane`` as a top one where its parent does not exist, or lies in it."""
    parent = lane.spec.parent_workstream_id
    if parent is None or (parent in parents and lane.id not in ancestors_of(parents, lane.id)):
        return lane
    return replace(lane, spec=replace(lane.spec, parent_workstream_id=None))


def _with_known(task: TaskSpec, tasks: Mapping[str, TaskSpec]) -> TaskSpec:
    known = tuple(name for name in task.dependencies if name in tasks and name != task.id)
    return task if known == task.dependencies else replace(task, dependencies=known)
