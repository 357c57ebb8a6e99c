"""Checks that whatever a graph names is there: tasks, workstreams, agents, adapters, roles."""

from __future__ import annotations

from collections.abc import Iterator

from agentrelay._shared.text import Spelling, quoted
from agentrelay.graph import codes
from agentrelay.graph.draft import Draft
from agentrelay.graph.model import DEFAULT_LANE
from agentrelay.graph.problem import Problem
from agentrelay.task.core.task import ROLES, TaskSpec

_NOT_HERE = "not defined in this graph"


def check_references(draft: Draft) -> Iterator[Problem]:
    """Yield every reference of ``draft`` that leads nowhere, and what nothing refers to."""
    if not draft.graph.tasks:
        yield Problem(codes.NO_TASKS, "the graph has no tasks", draft.locate(("tasks",)))
    yield from _agents(draft)
    yield from _lanes(draft)
    yield from _dependencies(draft)
    yield from _doers(draft)


_EXAMPLES = {"command": "[ruff, check, --fix, .]", "acp": "[gemini, --acp]"}
"""Adapters that have no program of their own, with a program that one could have."""


MCP_ADAPTERS = frozenset({"acp", "claude", "codex", "copilot", "gemini", "opencode", "qwen"})
"""Adapters that can tell their program of an MCP server."""

_IN_OWN_SETTINGS = frozenset({"gemini"})
"""Those of them that read of one only in settings: in their own, no file of a user is changed."""

ASKING_ADAPTERS = frozenset({"acp"})
"""Adapters whose program asks for what it may not do, and waits for the answer."""


def _agents(draft: Draft) -> Iterator[Problem]:
    spelling = Spelling(draft.adapters)
    for name, agent in draft.graph.agents.items():
        if agent.adapter not in draft.adapters:
            yield Problem(
                codes.UNKNOWN_ADAPTER,
                f"agent {quoted(name)} uses unknown adapter {quoted(agent.adapter)}",
                draft.locate(("agents", name, "adapter")),
                "no such adapter",
                spelling.hint(agent.adapter) or f"there are {', '.join(sorted(draft.adapters))}",
            )
        elif agent.adapter in _EXAMPLES and agent.run is None:
            yield Problem(
                codes.NO_RUN,
                f"agent {quoted(name)} has the adapter {agent.adapter}, but no command",
                draft.locate(("agents", name, "adapter")),
                "needs `run` beside it",
                f"add for example `run: {_EXAMPLES[agent.adapter]}`",
            )
        if agent.mcp and agent.adapter in draft.adapters - MCP_ADAPTERS:
            yield Problem(
                codes.NO_MCP,
                f"agent {quoted(name)} has the adapter {agent.adapter}, which takes no MCP server",
                draft.locate(("agents", name, "mcp")),
                "not taken",
                f"leave it out; {', '.join(sorted(MCP_ADAPTERS))} take one",
            )
        elif agent.mcp and agent.adapter in _IN_OWN_SETTINGS and not agent.isolated:
            yield Problem(
                codes.NO_MCP,
                f"agent {quoted(name)} has the adapter {agent.adapter}, which takes an MCP server"
                " in settings of its own only",
                draft.locate(("agents", name, "mcp")),
                "needs `isolated: true` beside it",
                f"add that; or drive it by the adapter acp, run: [{agent.adapter}, --acp]",
            )
        if agent.asks and agent.adapter in draft.adapters - ASKING_ADAPTERS:
            yield Problem(
                codes.ASKS_NOTHING,
                f"agent {quoted(name)} has the adapter {agent.adapter}, which can ask nobody",
                draft.locate(("agents", name, "permissions")),
                "nobody is asked",
                "name what it may run in `allow`, or drive the program by the adapter acp",
            )


def _lanes(draft: Draft) -> Iterator[Problem]:
    known = dict.fromkeys(lane.id for lane in draft.graph.lanes)
    spelling = Spelling(known)
    for index, lane in draft.lanes():
        parent = lane.spec.parent_workstream_id
        if parent is not None and parent not in known:
            yield Problem(
                codes.UNKNOWN_WORKSTREAM,
                f"workstream {quoted(lane.id)} has unknown parent {quoted(parent)}",
                draft.locate(("workstreams", index, "parent_workstream_id")),
                _NOT_HERE,
                spelling.hint(parent),
            )
    for index, task in draft.tasks():
        if not task.workstream_id:
            yield Problem(
                codes.MISSING_KEY,
                f"task {quoted(task.id)} is in no workstream",
                draft.locate(("tasks", index, "id")),
                "needs `workstream_id`",
                f"choose one of {', '.join(list(known)[:5])}" if known else "",
            )
        elif task.workstream_id not in known:
            only_default = "" if set(known) - {DEFAULT_LANE} else "add it under `workstreams`"
            yield Problem(
                codes.UNKNOWN_WORKSTREAM,
                f"task {quoted(task.id)} is in unknown workstream {quoted(task.workstream_id)}",
                draft.locate(("tasks", index, "workstream_id")),
                _NOT_HERE,
                spelling.hint(task.workstream_id) or only_default,
            )
    used = {task.workstream_id for task in draft.graph.tasks}
    for index, lane in draft.lanes():
        if lane.id not in used and draft.graph.tasks:
            yield Problem(
                codes.EMPTY_WORKSTREAM,
                f"workstream {quoted(lane.id)} has no tasks",
                draft.locate(("workstreams", index, "id")),
                "no task is in it",
                "give it a task or delete it",
            )


def _dependencies(draft: Draft) -> Iterator[Problem]:
    known = {task.id for task in draft.graph.tasks}
    spelling = Spelling(known)
    for index, task in draft.tasks():
        if task.dependencies:
            yield from _dependencies_of(draft, index, task, known, spelling)
        for place, entry in enumerate(task.inputs_from):
            if entry.task not in known:
                yield Problem(
                    codes.UNKNOWN_DEPENDENCY,
                    f"task {quoted(task.id)} has inputs from unknown task {quoted(entry.task)}",
                    draft.locate(("tasks", index, "inputs_from", place, "task")),
                    _NOT_HERE,
                    spelling.hint(entry.task),
                )


def _dependencies_of(
    draft: Draft, index: int, task: TaskSpec, known: set[str], spelling: Spelling
) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, name in enumerate(task.dependencies):
        path = ("tasks", index, "dependencies", place)
        if name == task.id:
            yield Problem(
                codes.SELF_DEPENDENCY,
                f"task {quoted(task.id)} depends on itself",
                draft.locate(path),
                "waits for itself",
                "remove it",
            )
        elif name not in known:
            yield Problem(
                codes.UNKNOWN_DEPENDENCY,
                f"task {quoted(task.id)} depends on unknown task {quoted(name)}",
                draft.locate(path),
                _NOT_HERE,
                spelling.hint(name),
            )
        elif name in seen:
            yield Problem(
                codes.DUPLICATE_DEPENDENCY,
                f"task {quoted(task.id)} lists the dependency {quoted(name)} twice",
                draft.locate(path),
                "listed before",
                "remove one of them",
            )
        seen.add(name)


def _doers(draft: Draft) -> Iterator[Problem]:
    agents, roles = draft.graph.agents, (*ROLES, *draft.graph.roles)
    agent_spelling = Spelling({*agents, *draft.adapters})
    role_spelling = Spelling(roles)
    for index, task in draft.tasks():
        if not task.agent:
            yield Problem(
                codes.NO_AGENT,
                f"task {quoted(task.id)} has no agent",
                draft.locate(("tasks", index, "id")),
                "nobody to do it",
                "add `agent:` to it or to `defaults`",
            )
        elif task.agent not in agents:
            yield Problem(
                codes.UNKNOWN_AGENT,
                f"task {quoted(task.id)} has unknown agent {quoted(task.agent)}",
                draft.locate(("tasks", index, "agent")),
                "neither under `agents` nor an adapter",
                agent_spelling.hint(task.agent),
            )
        if task.role not in roles:
            yield Problem(
                codes.UNKNOWN_ROLE,
                f"task {quoted(task.id)} has unknown role {quoted(task.role)}",
                draft.locate(("tasks", index, "role")),
                "neither built in nor under `roles`",
                role_spelling.hint(task.role) or f"built in are {', '.join(ROLES)}",
            )
