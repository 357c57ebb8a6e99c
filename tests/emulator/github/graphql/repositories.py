"""The GraphQL nodes of repositories, their branches, issues and merge queues."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.emulator.core.model import ChangeRequest, Issue, Method, Repository, State
from tests.emulator.core.queueing import queue_of
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.github.graphql.branches import branch, commit
from tests.emulator.github.graphql.connection import Node, connection, empty
from tests.emulator.github.graphql.pull_requests import pull_request, queue_entry
from tests.emulator.github.graphql.world import World, comment, label, user
from tests.emulator.github.ids import node_id
from tests.emulator.github.shapes import time


def repository(world: World, of: Repository) -> Node:
    """Return a repository."""
    return {
        "__typename": "Repository",
        "id": node_id("R", of.id),
        "databaseId": of.id,
        "name": of.name,
        "nameWithOwner": of.slug,
        "owner": user(world, of.owner),
        "url": world.links.page(of),
        "sshUrl": f"git@{world.links.html.partition('//')[2]}:{of.slug}.git",
        "isFork": False,
        "isPrivate": False,
        "isArchived": False,
        "hasIssuesEnabled": True,
        "hasWikiEnabled": False,
        "viewerPermission": "WRITE",
        "viewerDefaultMergeMethod": "MERGE",
        "mergeCommitAllowed": Method.MERGE in of.methods,
        "squashMergeAllowed": Method.SQUASH in of.methods,
        "rebaseMergeAllowed": Method.REBASE in of.methods,
        "autoMergeAllowed": of.auto_merge,
        "deleteBranchOnMerge": of.delete_merged,
        "pullRequestTemplates": [],
        "issueTemplates": [],
        **_parts(world, of),
        **_people(world, of),
    }


def _parts(world: World, of: Repository) -> Node:
    return {
        "defaultBranchRef": lambda: branch(world, of, of.default_branch),
        "ref": partial(_ref, world, of),
        "object": partial(_object, world, of),
        "issue": partial(_issue, world, of),
        "issueOrPullRequest": partial(_either, world, of),
        "pullRequest": partial(_pull_request, world, of),
        "pullRequests": partial(_pull_requests, world, of),
        "label": partial(_label, of),
        "labels": partial(_labels, of),
        "mergeQueue": partial(_queue, world, of),
    }


def _ref(world: World, of: Repository, qualified_name: str) -> Node | None:
    return branch(world, of, qualified_name.removeprefix("refs/heads/"))


def _object(
    world: World, of: Repository, oid: str | None = None, expression: str | None = None
) -> Node | None:
    return commit(world, of, oid or expression)


def _label(of: Repository, name: str) -> Node | None:
    found = of.labels.get(name.lower())
    return None if found is None else label(found)


def _queue(world: World, of: Repository, branch: str | None = None) -> Node | None:
    return merge_queue(world, of, branch or of.default_branch)


def _people(world: World, of: Repository) -> Node:
    def people(query: str | None = None, capabilities: object = None, **page: Any) -> Node:
        del query, capabilities
        return connection(of.collaborators, lambda each: user(world, each))(**page)

    names = ("assignableUsers", "mentionableUsers", "suggestedActors")
    none = ("milestones", "projects", "projectsV2")
    return {**dict.fromkeys(names, people), **dict.fromkeys(none, empty)}


def item(world: World, repo: Repository, of: Issue) -> Node:
    """Return an issue or a change request."""
    if isinstance(of, ChangeRequest):
        found = pull_request(world, repo, of)
        return {
            **found,
            "repository": lambda: repository(world, repo),
            "baseRepository": lambda: repository(world, repo),
            "headRepository": lambda: repository(world, repo),
            "mergeQueue": lambda: merge_queue(world, repo, of.base_branch),
        }
    return {
        "__typename": "Issue",
        "id": node_id("I", of.id),
        "number": of.number,
        "title": of.title,
        "body": of.body,
        "state": of.state.name,
        "closed": of.state is not State.OPEN,
        "url": world.links.item(repo, of),
        "author": user(world, of.author),
        "createdAt": time(of.created),
        "updatedAt": time(of.updated),
        "closedAt": time(of.closed),
        "labels": connection(of.labels, label),
        "comments": connection(of.comments, lambda each: comment(world, repo, of, each)),
    }


def merge_queue(world: World, of: Repository, base: str) -> Node | None:
    """Return the merge queue of a branch, where it has one."""
    if of.protection_of(base).queue is None:
        return None
    queued = queue_of(of, base)
    return {
        "__typename": "MergeQueue",
        "id": node_id("MQ", of.id),
        "url": f"{world.links.page(of)}/queue/{base}",
        "entries": connection(queued, lambda each: queue_entry(world, of, each) or {}),
    }


def _pull_requests(  # noqa: PLR0913 - GitHub's filters
    world: World,
    of: Repository,
    *,
    states: list[str] | None = None,
    head_ref_name: str | None = None,
    base_ref_name: str | None = None,
    labels: list[str] | None = None,
    order_by: dict[str, str] | None = None,
    **page: Any,
) -> Node:
    found = [
        each
        for each in of.requests
        if (not states or each.state.name in states)
        and head_ref_name in (None, each.head_branch)
        and base_ref_name in (None, each.base_branch)
        and (not labels or {label.name for label in each.labels} & set(labels))
    ]
    order = order_by or {"field": "CREATED_AT", "direction": "ASC"}
    if order["field"] == "UPDATED_AT":
        found.sort(key=lambda each: each.updated)
    if order["direction"] == "DESC":
        found.reverse()
    return connection(found, lambda each: item(world, of, each))(**page)


def _labels(of: Repository, query: str | None = None, order_by: object = None, **page: Any) -> Node:
    del order_by
    found = [each for each in of.labels.values() if (query or "").lower() in each.name.lower()]
    return connection(found, label)(**page)


def _either(world: World, of: Repository, number: int) -> Node:
    found = of.items.get(number)
    if found is None:
        raise _missing("an issue or pull request", number)
    return item(world, of, found)


def _issue(world: World, of: Repository, number: int) -> Node:
    found = of.items.get(number)
    if found is None or isinstance(found, ChangeRequest):
        raise _missing("an Issue", number)
    return item(world, of, found)


def _pull_request(world: World, of: Repository, number: int) -> Node:
    found = of.items.get(number)
    if not isinstance(found, ChangeRequest):
        raise _missing("a PullRequest", number)
    return item(world, of, found)


def _missing(kind: str, number: int) -> RefusalError:
    message = f"Could not resolve to {kind} with the number of {number}."
    return RefusalError(Why.NOT_FOUND, message)
