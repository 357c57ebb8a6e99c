"""The commands that a graph makes this machine run, listed for a person to approve, by digest."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from agentrelay.gates.gate import Command, GateSpec
from agentrelay.graph.model import AgentSpec, TaskGraph

Kind = Literal["agent", "allow", "setup", "gate"]


@dataclass(frozen=True)
class GraphCommand:
    """A command of a graph: what it is for, where the graph names it, and what is run.

    ``command`` of an agent without a ``run`` of its own is its adapter's name.
    """

    kind: Kind
    place: str
    name: str
    command: Command


def commands_of(graph: TaskGraph) -> tuple[GraphCommand, ...]:
    """Return the commands: of agents and what these may run, then of lanes, then of tasks."""
    return tuple(dict.fromkeys(_commands(graph)))


def commands_digest(graph: TaskGraph) -> str:
    """Return a digest that changes whenever what would be run changes, in whatever order."""
    entries = sorted(
        json.dumps([entry.kind, entry.name, entry.command]) for entry in _commands(graph)
    )
    return hashlib.sha256("\n".join(dict.fromkeys(entries)).encode()).hexdigest()


def _commands(graph: TaskGraph) -> Iterator[GraphCommand]:
    used = dict.fromkeys(task.agent for task in graph.tasks)
    for name in used:
        agent = graph.agents[name]
        yield GraphCommand("agent", f"agent {name}", name, _of_agent(agent))
        for command in agent.allow:
            yield GraphCommand("allow", f"agent {name}", "it may run", command)
    for lane in graph.lanes:
        if lane.setup is not None:
            yield GraphCommand("setup", f"lane {lane.id}", "setup", lane.setup.run)
        yield from _gates(f"lane {lane.id}", lane.gates)
    for task in graph.tasks:
        yield from _gates(f"task {task.id}", task.gates)


def _of_agent(agent: AgentSpec) -> Command:
    """Return what runs for an agent, as a text that says so where it may do what it likes."""
    command = agent.run if agent.run is not None else agent.adapter
    if not agent.bypasses_permissions:
        return command
    line = command if isinstance(command, str) else shlex.join(command)
    return f"{line}  [permissions: bypass]"


def _gates(place: str, gates: tuple[GateSpec, ...]) -> Iterator[GraphCommand]:
    for gate in gates:
        yield GraphCommand("gate", place, gate.name, gate.run)
