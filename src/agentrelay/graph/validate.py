"""Finds everything that keeps a graph from being run, all at once."""

from __future__ import annotations

from agentrelay.graph.checks.names import check_names
from agentrelay.graph.checks.ordering import check_order
from agentrelay.graph.checks.references import check_references
from agentrelay.graph.checks.values import check_values
from agentrelay.graph.draft import Draft
from agentrelay.graph.problem import Problem


def validate(draft: Draft) -> list[Problem]:
    """Return all problems of ``draft``; where there are none, its graph can be relied upon.

    Then every reference resolves, ids are unique, and tasks and lanes have an order.
    """
    checks = (check_names, check_references, check_order, check_values)
    return [problem for check in checks for problem in check(draft)]
