"""The demo's graph, filled in for a project."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.resources import files
from string import Template

from agentrelay.demo.project import Project

GRAPH = "demo"
LANES = ("code", "checks", "docs")
DECIDED_LANE = "docs"
"""The lane that a concern keeps for a person."""
MENDED_TASK = "pages"
"""The task whose gate is red after its first turn."""

IMPORT_TEST, NAMES_TEST, PAGES_TEST = "every_module_imports", "public_names", "reference_pages"


def graph_for(project: Project) -> str:
    """Return the text of the graph that works on ``project``."""
    template = Template(files("agentrelay.demo").joinpath("graph.yaml").read_text("utf-8"))
    return template.substitute(
        python=_items([sys.executable]),
        packages=_items(project.packages),
        pytest=_items(project.pytest()),
        tests=_items(project.tests),
        import_test=_items([project.new_test(IMPORT_TEST)]),
        names_test=_items([project.new_test(NAMES_TEST)]),
        pages_test=_items([project.new_test(PAGES_TEST)]),
    )


def _items(words: Sequence[str]) -> str:
    """Return words as the inside of a YAML list, each quoted."""
    return ", ".join(json.dumps(word) for word in words)
