"""The GraphQL node of a change request."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.emulator.core.merging import default_message
from tests.emulator.core.model import AutoMerge, ChangeRequest, Method, Repository, State
from tests.emulator.core.queueing import queue_of
from tests.emulator.core.reviewing import seen_reviews
from tests.emulator.core.standing import decision, latest_reviews, merge_state, mergeability
from tests.emulator.github.graphql.branches import branch, commit
from tests.emulator.github.graphql.checks import rollup
from tests.emulator.github.graphql.connection import Node, connection, empty
from tests.emulator.github.graphql.reviews import review, thread
from tests.emulator.github.graphql.world import World, comment, label, maybe_user, user
from tests.emulator.github.ids import node_id
from tests.emulator.github.shapes import time


def pull_request(world: World, repo: Repository, of: ChangeRequest) -> Node:
    """Return a change request."""
    return {
        "__typename": "PullRequest",
        "id": node_id("PR", of.id),
        "databaseId": of.id,
        "fullDatabaseId": str(of.id),
        "number": of.number,
        "title": of.title,
        "body": of.body,
        "state": of.state.name,
        "closed": of.state is not State.OPEN,
        "merged": of.state is State.MERGED,
        "isDraft": of.draft,
        "locked": False,
        "url": world.links.item(repo, of),
        "author": user(world, of.author),
        "createdAt": time(of.created),
        "updatedAt": time(of.updated),
        "closedAt": time(of.closed),
        "milestone": None,
        "reactionGroups": [],
        "projectCards": empty,
        "projectItems": empty,
        "closingIssuesReferences": empty,
        **_branches(world, repo, of),
        **_merging(world, repo, of),
        **_reviewing(world, repo, of),
        **_content(world, repo, of),
        "assignees": connection(of.assignees, lambda each: user(world, each)),
        "assignedActors": connection(of.assignees, lambda each: user(world, each)),
        "comments": connection(of.comments, lambda each: comment(world, repo, of, each)),
        "labels": connection(of.labels, label),
    }


def _branches(world: World, repo: Repository, of: ChangeRequest) -> Node:
    return {
        "baseRefName": of.base_branch,
        "baseRefOid": of.base,
        "baseRef": lambda: branch(world, repo, of.base_branch),
        "headRefName": of.head_branch,
        "headRefOid": of.head,
        "headRef": lambda: branch(world, repo, of.head_branch),
        "headRepositoryOwner": user(world, repo.owner),
        "isCrossRepository": False,
        "maintainerCanModify": False,
    }


def _merging(world: World, repo: Repository, of: ChangeRequest) -> Node:
    words = {True: "MERGEABLE", False: "CONFLICTING", None: "UNKNOWN"}
    return {
        "mergedAt": time(of.merged),
        "mergedBy": maybe_user(world, of.merged_by),
        "mergeCommit": lambda: commit(world, repo, of.merge_commit),
        "potentialMergeCommit": None,
        "mergeable": lambda: words[mergeability(repo, of)],
        "mergeStateStatus": lambda: merge_state(repo, of).name,
        "isInMergeQueue": of.queued is not None,
        "isMergeQueueEnabled": repo.protection_of(of.base_branch).queue is not None,
        "mergeQueueEntry": lambda: queue_entry(world, repo, of),
        "autoMergeRequest": _auto_merge(world, of.auto_merge),
        "viewerMergeHeadlineText": partial(_message, repo, of, 0),
        "viewerMergeBodyText": partial(_message, repo, of, 1),
    }


def _message(repo: Repository, of: ChangeRequest, part: int, merge_type: str | None = None) -> str:
    return default_message(repo, of, Method((merge_type or "MERGE").lower()))[part]


def _auto_merge(world: World, of: AutoMerge | None) -> Node | None:
    if of is None:
        return None
    return {
        "authorEmail": None,
        "commitBody": None,
        "commitHeadline": None,
        "enabledAt": time(of.since),
        "enabledBy": user(world, of.by),
        "mergeMethod": of.method.name,
    }


def queue_entry(world: World, repo: Repository, of: ChangeRequest) -> Node | None:
    """Return a change request's place in its queue, where it is in one."""
    if of.queued is None:
        return None
    return {
        "__typename": "MergeQueueEntry",
        "id": node_id("MQE", of.queued.id),
        "enqueuedAt": time(of.queued.since),
        "enqueuer": user(world, of.queued.by),
        "position": queue_of(repo, of.base_branch).index(of) + 1,
        "state": "AWAITING_CHECKS",
        "pullRequest": lambda: pull_request(world, repo, of),
    }


def _reviewing(world: World, repo: Repository, of: ChangeRequest) -> Node:
    def reviews(states: list[str] | None = None, **page: Any) -> Node:
        seen = seen_reviews(of, world.viewer)
        found = [each for each in seen if not states or each.verdict.value in states]
        return connection(found, lambda each: review(world, repo, of, each))(**page)

    asked = [
        {"id": f"RR_{of.id}:{each.id}", "requestedReviewer": user(world, each)}
        for each in of.reviewers
    ]
    return {
        "reviewDecision": lambda: decision(repo, of),
        "reviewRequests": connection(asked, lambda each: each),
        "reviews": reviews,
        "latestReviews": connection(latest_reviews(of), lambda each: review(world, repo, of, each)),
        "reviewThreads": connection(of.threads, lambda each: thread(world, repo, of, each)),
    }


def _content(world: World, repo: Repository, of: ChangeRequest) -> Node:
    def files() -> list[Node]:
        found = repo.bare.changed_files(of.base, of.head)
        return [
            {
                "path": each.path,
                "changeType": {"removed": "DELETED"}.get(each.status, each.status.upper()),
                "additions": each.additions,
                "deletions": each.deletions,
            }
            for each in found
        ]

    def commits(**page: Any) -> Node:
        found = repo.bare.between(of.base, of.head)
        return connection(found, lambda sha: _commit_of(world, repo, sha))(**page)

    def listed_files(**page: Any) -> Node:
        return connection(files(), dict[str, object])(**page)

    def total(name: str) -> int:
        return sum(getattr(each, name) for each in repo.bare.changed_files(of.base, of.head))

    return {
        "additions": lambda: total("additions"),
        "deletions": lambda: total("deletions"),
        "changedFiles": lambda: len(files()),
        "files": listed_files,
        "commits": commits,
        "statusCheckRollup": lambda: rollup(world, repo, of.head),
    }


def _commit_of(world: World, repo: Repository, sha: str) -> Node:
    return {"id": f"PRC_{repo.id}:{sha}", "commit": lambda: commit(world, repo, sha)}
