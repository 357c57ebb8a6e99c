"""The GraphQL nodes of reviews and threads."""

from __future__ import annotations

from tests.emulator.core.model import ChangeRequest, Remark, Repository, Review, Thread, Verdict
from tests.emulator.core.reviewing import is_outdated
from tests.emulator.github.graphql.branches import commit
from tests.emulator.github.graphql.connection import Node, connection
from tests.emulator.github.graphql.world import World, association, maybe_user, user
from tests.emulator.github.ids import node_id
from tests.emulator.github.shapes import time


def review(world: World, repo: Repository, on: ChangeRequest, of: Review) -> Node:
    """Return a review."""
    return {
        "__typename": "PullRequestReview",
        "id": node_id("PRR", of.id),
        "databaseId": of.id,
        "author": user(world, of.author),
        "authorAssociation": association(repo, of.author),
        "body": of.body,
        "state": of.verdict.value,
        "createdAt": time(of.submitted),
        "updatedAt": time(of.submitted),
        "submittedAt": None if of.verdict is Verdict.PENDING else time(of.submitted),
        "commit": lambda: commit(world, repo, of.commit),
        "reactionGroups": [],
        "url": f"{world.links.item(repo, on)}#pullrequestreview-{of.id}",
    }


def thread(world: World, repo: Repository, on: ChangeRequest, of: Thread) -> Node:
    """Return a thread."""
    outdated = is_outdated(repo, on, of)
    return {
        "__typename": "PullRequestReviewThread",
        "id": node_id("PRRT", of.id),
        "isResolved": of.resolved_by is not None,
        "isOutdated": outdated,
        "isCollapsed": of.resolved_by is not None or outdated,
        "resolvedBy": maybe_user(world, of.resolved_by),
        "path": of.path,
        "line": None if outdated else of.line,
        "originalLine": of.line,
        "startLine": None if outdated else of.start_line,
        "diffSide": of.side,
        "subjectType": "FILE" if of.line is None else "LINE",
        "viewerCanReply": True,
        "viewerCanResolve": True,
        "comments": connection(of.remarks, lambda each: remark(world, repo, on, of, each)),
    }


def remark(world: World, repo: Repository, on: ChangeRequest, inside: Thread, of: Remark) -> Node:
    """Return a comment of a thread."""
    outdated = is_outdated(repo, on, inside)

    def carrier() -> Node | None:
        found = (each for each in on.reviews if each.id == of.review)
        return next((review(world, repo, on, each) for each in found), None)

    return {
        "__typename": "PullRequestReviewComment",
        "id": node_id("PRRC", of.id),
        "databaseId": of.id,
        "fullDatabaseId": str(of.id),
        "author": user(world, of.author),
        "body": of.body,
        "path": inside.path,
        "line": None if outdated else inside.line,
        "originalLine": inside.line,
        "outdated": outdated,
        "createdAt": time(of.created),
        "updatedAt": time(of.updated),
        "url": f"{world.links.item(repo, on)}#discussion_r{of.id}",
        "pullRequestReview": carrier,
    }
