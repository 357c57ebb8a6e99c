"""A run's graph as it was built from its file, kept beside it so that readers load no YAML.

The file remains the record: what is kept here is derived, and counts for nothing where it does not
fit the file, the run's facts or this version.
"""

from __future__ import annotations

import zlib
from dataclasses import replace

from agentrelay._shared.atomic import publish
from agentrelay.engine.layout import RunFolders
from agentrelay.engine.runs import RunFacts
from agentrelay.graph.encoding import decode_graph, encode_graph
from agentrelay.graph.model import TaskGraph


def as_run(graph: TaskGraph, facts: RunFacts) -> TaskGraph:
    """Return ``graph`` with the bounds of its run: a flag or variable may have set others.

    Its digest is the one that the run is known by, which an older version may have made.
    """
    bounds = {"max_agents": facts.max_agents, "max_gates": facts.max_gates}
    return replace(graph, **bounds, digest=facts.digest)


def keep_built(run: RunFolders, source: str | bytes, graph: TaskGraph) -> None:
    """Keep ``graph``, which was built from the text ``source`` of the run's graph file."""
    publish(run.built_graph, f"{_mark(source)}\n{encode_graph(graph)}\n")


def find_built(run: RunFolders, digest: str) -> TaskGraph | None:
    """Return the graph of this digest that was built from the file as it is now, or None."""
    try:
        mark, _, content = run.built_graph.read_bytes().partition(b"\n")
        if mark.decode() != _mark(run.graph_file.read_bytes()):
            return None
        graph = decode_graph(content)
    except (OSError, ValueError):
        return None
    return graph if graph.digest == digest else None


def _mark(source: str | bytes) -> str:
    data = source.encode("utf-8", "surrogateescape") if isinstance(source, str) else source
    # Tells apart what a person has edited, not what somebody forges: who can write here can
    # write the file itself.
    return f"{len(data)} {zlib.crc32(data):08x}"
