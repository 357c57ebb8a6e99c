"""A digest of a graph's content, so that a changed graph is noticed."""

from __future__ import annotations

import hashlib
import json

from agentrelay.graph.model import TaskGraph


def digest_of(graph: TaskGraph) -> str:
    """Return the digest of what ``graph`` asks to be done.

    Layout and comments of its file do not count, nor do the bounds on how much runs at once.
    """
    content = (graph.name, graph.tasks, graph.lanes, graph.agents, graph.roles)
    text = json.dumps(content, default=vars, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
