"""The GraphQL nodes of checks and statuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Any

from tests.emulator.core.model import Check, CommitStatus, Repository
from tests.emulator.core.standing import newest_checks, newest_statuses
from tests.emulator.core.standing import rollup as outcome
from tests.emulator.github.graphql.connection import Node, connection
from tests.emulator.github.graphql.world import World
from tests.emulator.github.ids import node_id, number_of
from tests.emulator.github.shapes import check_page, time


def rollup(world: World, of: Repository, sha: str) -> Node | None:
    """Return all that a commit was checked by, and what it comes to; None where by nothing."""
    state = outcome(of, sha)
    if state is None:
        return None
    checks, statuses = newest_checks(of, sha), newest_statuses(of, sha)
    nodes = [check_run(world, of, each) for each in checks]
    nodes += [status_context(of, each) for each in statuses]
    counts: dict[str, object] = {
        "checkRunCount": len(checks),
        "checkRunCountsByState": _counted(_state(each) for each in checks),
        "statusContextCount": len(statuses),
        "statusContextCountsByState": _counted(each.state.upper() for each in statuses),
    }

    def contexts(**page: Any) -> Node:
        return {**connection(nodes, lambda node: node)(**page), **counts}

    return {
        "__typename": "StatusCheckRollup",
        "id": f"SCR_{of.id}:{sha}",
        "state": state.value.upper(),
        "contexts": contexts,
    }


def check_run(world: World, of: Repository, check: Check) -> Node:
    """Return a run of a check."""
    run = {
        "databaseId": check.suite,
        "event": "pull_request",
        "workflow": {"name": "CI"},
        "url": f"{world.links.page(of)}/actions/runs/{check.suite}",
    }
    page = check_page(check, of, world.links)
    return {
        "__typename": "CheckRun",
        "id": node_id("CR", check.id),
        "databaseId": check.id,
        "name": check.name,
        "status": check.status.upper(),
        "conclusion": None if check.conclusion is None else check.conclusion.upper(),
        "startedAt": time(check.started),
        "completedAt": time(check.completed),
        "detailsUrl": page,
        "url": page,
        "title": check.title,
        "summary": check.summary,
        "checkSuite": {
            "databaseId": check.suite,
            "app": {"name": "GitHub Actions", "slug": "github-actions"},
            "workflowRun": run,
        },
        "isRequired": partial(_is_required, of, check.name),
    }


def status_context(of: Repository, status: CommitStatus) -> Node:
    """Return a status."""
    return {
        "__typename": "StatusContext",
        "id": node_id("SC", status.id),
        "context": status.context,
        "state": status.state.upper(),
        "description": status.description,
        "targetUrl": status.url,
        "createdAt": time(status.created),
        "isRequired": partial(_is_required, of, status.context),
    }


def _is_required(
    of: Repository,
    name: str,
    pull_request_id: str | None = None,
    pull_request_number: int | None = None,
) -> bool:
    number = None if pull_request_id is None else number_of("PR", pull_request_id)
    found = [
        each for each in of.requests if number == each.id or pull_request_number == each.number
    ]
    return any(name in of.protection_of(each.base_branch).checks for each in found)


def _state(check: Check) -> str:
    return (check.conclusion or check.status).upper()


def _counted(states: Iterable[str]) -> list[Node]:
    return [{"state": state, "count": count} for state, count in Counter(states).items()]
