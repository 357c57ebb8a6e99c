"""The JSON Schema of the graph file, for editors and other tools."""

from __future__ import annotations

from typing import Literal

from agentrelay.config.keys import GRAPH
from agentrelay.config.kinds import Schema

Draft = Literal["2020-12", "draft-07"]

_DIALECTS: dict[Draft, str] = {
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
    "draft-07": "http://json-schema.org/draft-07/schema#",
}
"""Editors' YAML support knows draft-07, other tools prefer the newer one; the rules are equal."""


def graph_schema(draft: Draft = "draft-07") -> Schema:
    """Return the schema of graph files, ready for ``json.dumps``.

    What it admits can still have problems that no schema can say, such as a cycle.
    """
    return {
        "$schema": _DIALECTS[draft],
        "title": "agentrelay graph",
        "description": "Tasks with dependencies, grouped in workstreams.",
        **GRAPH.schema(),
    }
