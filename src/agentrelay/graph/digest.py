"""Digests of a graph and of its tasks, so that what was changed is noticed."""

from __future__ import annotations

import hashlib
import json

from agentrelay.graph.model import TaskGraph
from agentrelay.task.core.task import TaskSpec


def digest_of(graph: TaskGraph) -> str:
    """Return the digest of what ``graph`` asks to be done.

    Layout and comments of its file do not count, nor do the bounds on how much runs at once.
    """
    content = (graph.name, graph.tasks, graph.lanes, graph.agents, graph.roles, graph.limits)
    text = json.dumps(content, default=vars, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def spec_digest(spec: TaskSpec) -> str:
    """Return the digest of what a task asks to be done, and how that is judged.

    Equal digests mean equal work under whatever id. Bounds on it do not count, nor does its place
    among others: whether a commit contains what its task depends on is looked up in the commit.
    """
    content = (
        spec.description.strip(),
        spec.role,
        spec.agent,
        spec.allow_empty,
        spec.cwd,
        [(gate.name, gate.run) for gate in spec.gates],
        spec.paths,
        spec.inputs_from,
        spec.env,
        spec.env_from,
        spec.env_allow,
    )
    text = json.dumps(content, default=vars, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
