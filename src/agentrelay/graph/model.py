"""The immutable graph: tasks with dependencies, grouped in workstreams, and who does the work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from agentrelay.gates.gate import Command, GateSpec
from agentrelay.task.core.task import Budget, TaskSpec
from agentrelay.workstream.core.workstream import WorkstreamSpec

DEFAULT_MAX_AGENTS = 4
DEFAULT_MAX_GATES = 2
DEFAULT_LANE = "default"
DEFAULT_ANSWER_WITHIN = 3600.0


@dataclass(frozen=True)
class AgentSpec:
    """A named agent of a graph: the adapter that drives it, and what the adapter is told.

    ``bypasses_permissions`` takes its program's own permission system away; ``isolated`` gives
    the program a configuration folder of its own instead of the user's. ``mcp`` offers its calls
    as tools, too. ``allow`` are commands that it may run beside what its work needs; for all else
    a person is asked where it ``asks``, for ``answer_within`` seconds.
    """

    name: str
    adapter: str
    run: Command | None = None
    model: str | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    bypasses_permissions: bool = False
    isolated: bool = False
    mcp: bool = False
    allow: tuple[Command, ...] = ()
    asks: bool = False
    answer_within: float = DEFAULT_ANSWER_WITHIN


@dataclass(frozen=True)
class Setup:
    """A command run once in each worktree, and again when one of ``when_changed`` changes."""

    run: Command
    when_changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lane:
    """A workstream of a graph: the contract's spec, and how it runs and lands."""

    spec: WorkstreamSpec
    auto_merge: bool = False
    max_parallel: int = 1
    gates: tuple[GateSpec, ...] = ()
    copy: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    setup: Setup | None = None
    limits: Budget = field(default_factory=Budget)

    @property
    def id(self) -> str:
        """Return the lane's id."""
        return self.spec.id


@dataclass(frozen=True)
class TaskGraph:
    """A validated graph: every reference resolves, there is no cycle, ids are unique.

    Order of ``lanes`` and ``tasks`` is that of the file. ``digest`` identifies the content.
    """

    name: str
    tasks: tuple[TaskSpec, ...]
    lanes: tuple[Lane, ...]
    agents: Mapping[str, AgentSpec] = field(default_factory=dict[str, AgentSpec])
    roles: tuple[str, ...] = ()
    max_agents: int = DEFAULT_MAX_AGENTS
    max_gates: int = DEFAULT_MAX_GATES
    max_workstream_depth: int = 1
    limits: Budget = field(default_factory=Budget)
    digest: str = ""

    @cached_property
    def task_by_id(self) -> Mapping[str, TaskSpec]:
        """Return the tasks by id."""
        return {task.id: task for task in self.tasks}

    @cached_property
    def lane_by_id(self) -> Mapping[str, Lane]:
        """Return the lanes by id."""
        return {lane.id: lane for lane in self.lanes}

    @cached_property
    def tasks_of(self) -> Mapping[str, tuple[TaskSpec, ...]]:
        """Return the tasks of each lane, in the file's order."""
        grouped: dict[str, list[TaskSpec]] = {lane.id: [] for lane in self.lanes}
        for task in self.tasks:
            grouped[task.workstream_id].append(task)
        return {lane: tuple(tasks) for lane, tasks in grouped.items()}

    @cached_property
    def dependents(self) -> Mapping[str, tuple[str, ...]]:
        """Return for each task the tasks that depend on it directly."""
        reverse: dict[str, list[str]] = {task.id: [] for task in self.tasks}
        for task in self.tasks:
            for dependency in task.dependencies:
                reverse[dependency].append(task.id)
        return {task: tuple(dependents) for task, dependents in reverse.items()}
