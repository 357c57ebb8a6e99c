"""Makes a graph of the values that were read: merges defaults, fills in what is left unsaid."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentrelay.config.given import Given
from agentrelay.config.keys import ASK, BYPASS
from agentrelay.gates.gate import DEFAULT_MAX_GATE_ATTEMPTS, DEFAULT_TIMEOUT, Command, GateSpec
from agentrelay.graph import codes
from agentrelay.graph.model import (
    DEFAULT_ANSWER_WITHIN,
    DEFAULT_LANE,
    AgentSpec,
    Lane,
    Setup,
    TaskGraph,
)
from agentrelay.task.core.task import DEFAULT_MAX_ATTEMPTS, Budget, InputFrom, Limits, TaskSpec
from agentrelay.workstream.core.workstream import WorkstreamSpec

Values = Mapping[str, Any]

COMPLETION_GATE = "completion"
_GATE_FORMS = frozenset({"gates", "completion_gate"})
_MERGED_BY_KEY = ("limits", "env")
_NO_LIMITS = Limits()
_NO_LANE = ""
_UNREAD_NAME = "unread"


@dataclass(frozen=True)
class Built:
    """A graph made of what could be read.

    ``task_places`` and ``lane_places`` say where in the file's lists the tasks and lanes stand.
    ``doubtful`` are the codes of problems that may only follow from what could not be read.
    """

    graph: TaskGraph
    task_places: list[int]
    lane_places: list[int]
    doubtful: set[str]


def build(values: Values, given: Given) -> Built:
    """Return the graph that ``values``, the reading of a whole file, describe."""
    doubtful: set[str] = set()
    name = values.get("name") or _UNREAD_NAME
    lanes, lane_places = _lanes(values, name, given, doubtful)
    tasks, task_places = _tasks(values, given, lanes, doubtful)
    if _unread(values, "roles"):
        doubtful.add(codes.UNKNOWN_ROLE)
    depth = values.get("max_workstream_depth")
    graph = TaskGraph(
        name=name,
        tasks=tuple(tasks),
        lanes=tuple(lanes),
        agents=_agents(values, given, tasks, doubtful),
        roles=values.get("roles") or (),
        max_agents=values.get("max_agents") or given.max_agents,
        max_gates=values.get("max_gates") or given.max_gates,
        max_workstream_depth=given.max_workstream_depth if depth is None else depth,
        limits=_budget(values.get("limits")),
    )
    return Built(graph, task_places, lane_places, doubtful)


def _unread(values: Values, key: str) -> bool:
    """Return whether the file has ``key``, with a value that could not be read."""
    return key in values and values[key] is None


def _agents(
    values: Values, given: Given, tasks: list[TaskSpec], doubtful: set[str]
) -> dict[str, AgentSpec]:
    """Return the declared agents, and the adapters that tasks name as agents."""
    if _unread(values, "agents"):
        doubtful.add(codes.UNKNOWN_AGENT)
    agents: dict[str, AgentSpec] = {}
    table: Mapping[str, Values | None] = values.get("agents") or {}
    for name, stated in table.items():
        agent: Values = stated or {}
        if agent.get("adapter") is None or _unread(agent, "run"):
            doubtful |= {codes.UNKNOWN_ADAPTER, codes.NO_RUN}
        agents[name] = AgentSpec(
            name=name,
            adapter=agent.get("adapter") or "",
            run=agent.get("run"),
            model=agent.get("model"),
            env=_readable(agent.get("env")),
            bypasses_permissions=agent.get("permissions") == BYPASS,
            isolated=agent.get("isolated") or False,
            mcp=agent.get("mcp") or False,
            allow=agent.get("allow") or (),
            asks=agent.get("permissions") == ASK,
            answer_within=agent.get("answer_within") or DEFAULT_ANSWER_WITHIN,
        )
    for used in dict.fromkeys(task.agent for task in tasks):
        if used in given.adapters and used not in agents:
            agents[used] = AgentSpec(name=used, adapter=used)
    return agents


def _readable(mapping: Values | None) -> Values:
    if not mapping:
        return {}
    return {key: value for key, value in mapping.items() if value is not None}


def _lanes(
    values: Values, graph: str, given: Given, doubtful: set[str]
) -> tuple[list[Lane], list[int]]:
    if "workstreams" not in values:
        doubtful.add(codes.EMPTY_WORKSTREAM)
        return [Lane(WorkstreamSpec(DEFAULT_LANE, None, given.branch, given.branch))], []
    if values["workstreams"] is None:
        doubtful |= {codes.UNKNOWN_WORKSTREAM, codes.EMPTY_WORKSTREAM}
    lanes: list[Lane] = []
    places: list[int] = []
    for place, lane in enumerate(values["workstreams"] or ()):
        if lane is None or lane.get("id") is None:
            doubtful.add(codes.UNKNOWN_WORKSTREAM)
            continue
        lanes.append(_lane(lane, graph, given))
        places.append(place)
    return lanes, places


def _lane(values: Values, graph: str, given: Given) -> Lane:
    parent = values.get("parent_workstream_id")
    start = f"agentrelay/{graph}/{parent}/integration" if parent else None
    base = values.get("base_branch")
    base = base if base is not None else start or given.branch
    target = values.get("merge_target_branch")
    return Lane(
        spec=WorkstreamSpec(
            id=values["id"],
            parent_workstream_id=parent,
            base_branch=base,
            merge_target_branch=target if target is not None else start or base,
        ),
        auto_merge=values.get("auto_merge") or False,
        max_parallel=values.get("max_parallel") or 1,
        gates=_gates(values.get("gates"), None),
        copy=values.get("copy") or (),
        caches=values.get("caches") or (),
        setup=_setup(values.get("setup")),
        limits=_budget(values.get("limits")),
    )


def _setup(values: Values | None) -> Setup | None:
    if not values or values.get("run") is None:
        return None
    return Setup(values["run"], values.get("when_changed") or ())


def _tasks(
    values: Values, given: Given, lanes: list[Lane], doubtful: set[str]
) -> tuple[list[TaskSpec], list[int]]:
    if values.get("tasks") is None:
        doubtful |= {codes.NO_TASKS, codes.EMPTY_WORKSTREAM}
    shared: Values = values.get("defaults") or {}
    defaults: Values = {"agent": given.agent, **shared}
    unsaid = _NO_LANE if "workstreams" in values else DEFAULT_LANE
    tasks: list[TaskSpec] = []
    places: list[int] = []
    for place, stated in enumerate(values.get("tasks") or ()):
        if stated is None or stated.get("id") is None:
            doubtful |= {codes.UNKNOWN_DEPENDENCY, codes.EMPTY_WORKSTREAM, codes.NO_TASKS}
            continue
        task = _with_defaults(stated, defaults)
        lane = stated.get("workstream_id", unsaid)
        if not lane:
            doubtful.add(codes.EMPTY_WORKSTREAM)
        if _unread(task, "agent"):
            doubtful.add(codes.NO_AGENT)
        if lane is None:
            lane = lanes[0].id if lanes else _NO_LANE
        tasks.append(_task(task, lane))
        places.append(place)
    return tasks, places


def _with_defaults(task: Values, defaults: Values) -> Values:
    """Return ``task`` over ``defaults``; limits and variables are merged one by one."""
    if not _GATE_FORMS.isdisjoint(task):
        defaults = {key: value for key, value in defaults.items() if key not in _GATE_FORMS}
    merged = {**defaults, **task}
    for key in _MERGED_BY_KEY:
        below, above = defaults.get(key), task.get(key)
        if below and above:
            merged[key] = {**below, **above}
    return merged


def _task(values: Values, lane: str) -> TaskSpec:
    limits, description = values.get("limits"), values.get("description")
    inputs = values.get("inputs_from")
    return TaskSpec(
        id=values["id"],
        workstream_id=lane,
        # What could not be read is noted already: it must not be reported as empty, too.
        description=_UNREAD_NAME if description is None else description,
        dependencies=values.get("dependencies") or (),
        role=values.get("role") or "generic",
        agent=values.get("agent") or "",
        max_attempts=values.get("max_attempts") or DEFAULT_MAX_ATTEMPTS,
        limits=_limits(limits) if limits else _NO_LIMITS,
        paths=_readable(values.get("paths")),
        inputs_from=tuple(filter(None, map(_input, inputs))) if inputs else (),
        allow_empty=values.get("allow_empty") or False,
        cwd="." if values.get("cwd") is None else values["cwd"],
        gates=_task_gates(values),
        env=_readable(values.get("env")),
        env_from=values.get("env_from") or (),
        env_allow=values.get("env_allow") or (),
    )


def _input(values: Values) -> InputFrom | None:
    task, category = values.get("task"), values.get("category")
    return InputFrom(task, category) if task is not None and category is not None else None


def _limits(values: Values) -> Limits:
    """Return the limits; those that are infinite, or can't be read, bound nothing."""
    merged: Values = {"start": _NO_LIMITS.start, "idle": _NO_LIMITS.idle, **values}
    times: dict[str, float | None] = {
        key: None if merged.get(key) == math.inf else merged.get(key)
        for key in ("start", "idle", "wall", "time")
    }
    return Limits(
        start=times["start"],
        idle=times["idle"],
        wall=times["wall"],
        cost_usd=values.get("cost_usd"),
        tokens=values.get("tokens"),
        time=times["time"],
    )


def _budget(values: Values | None) -> Budget:
    limits = _limits(values) if values else _NO_LIMITS
    return Budget(limits.cost_usd, limits.tokens, limits.time)


def _task_gates(values: Values) -> tuple[GateSpec, ...]:
    tries = values.get("max_gate_attempts")
    short: Command | None = values.get("completion_gate")
    if short is not None:
        gate = {"name": COMPLETION_GATE, "run": short}
        return _gates((gate,), tries)
    return _gates(values.get("gates"), tries)


def _gates(gates: tuple[Values, ...] | None, tries: int | None) -> tuple[GateSpec, ...]:
    """Return the gates; one without a readable name or command is left out: it is noted already."""
    return tuple(
        GateSpec(
            name=gate["name"],
            run=gate["run"],
            timeout=gate.get("timeout") or DEFAULT_TIMEOUT,
            max_gate_attempts=gate.get("max_gate_attempts") or tries or DEFAULT_MAX_GATE_ATTEMPTS,
            exclusive=gate.get("exclusive"),
        )
        for gate in gates or ()
        if gate.get("name") is not None and gate.get("run") is not None
    )
