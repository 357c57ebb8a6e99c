"""The GraphQL mutations by which people talk: comments, labels, reviews and threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.emulator.core.discussing import add_labels, comment, edit_comment, remove_label
from tests.emulator.core.model import ChangeRequest, Comment, Issue, Repository, Thread, Verdict
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.reviewing import Line, ask_for_review, reply, resolve, review
from tests.emulator.github.graphql import nodes
from tests.emulator.github.graphql.connection import Node
from tests.emulator.github.graphql.mutations import Input, payload
from tests.emulator.github.graphql.repositories import item
from tests.emulator.github.graphql.reviews import remark, thread
from tests.emulator.github.graphql.reviews import review as review_node
from tests.emulator.github.graphql.world import World
from tests.emulator.github.graphql.world import comment as comment_node

VERDICTS = {
    None: Verdict.PENDING,
    "APPROVE": Verdict.APPROVED,
    "REQUEST_CHANGES": Verdict.CHANGES_REQUESTED,
    "COMMENT": Verdict.COMMENTED,
}


def add_comment(world: World, given: Input) -> Node:
    """Add a comment to an issue or change request."""
    repository, on, _ = nodes.located(world, given["subject_id"], Issue)
    if not given["body"].strip():
        raise RefusalError(Why.INVALID, "Body cannot be blank")
    made = comment(world.actor(repository), on, given["body"])
    shown = comment_node(world, repository, on, made)
    return {"commentEdge": {"cursor": "", "node": shown}, "subject": item(world, repository, on)}


def update_comment(world: World, given: Input) -> Node:
    """Change a comment's text."""
    repository, on, found = nodes.located(world, given["id"], Comment)
    edit_comment(world.actor(repository), on, found, given["body"])
    return {"issueComment": comment_node(world, repository, on, found)}


def delete_comment(world: World, given: Input) -> Node:
    """Delete a comment."""
    _, on, found = nodes.located(world, given["id"], Comment)
    on.comments.remove(found)
    return {}


def label(world: World, given: Input) -> Node:
    """Add labels."""
    repository, on, _ = nodes.located(world, given["labelable_id"], Issue)
    names = [nodes.label_by(world, each).name for each in given["label_ids"]]
    add_labels(world.actor(repository), on, names)
    return {"labelable": item(world, repository, on)}


def unlabel(world: World, given: Input) -> Node:
    """Take labels off; those that are not there are left."""
    repository, on, _ = nodes.located(world, given["labelable_id"], Issue)
    for found in [nodes.label_by(world, each) for each in given["label_ids"]]:
        if found in on.labels:
            remove_label(world.actor(repository), on, found.name)
    return {"labelable": item(world, repository, on)}


def request_reviews(world: World, given: Input) -> Node:
    """Ask people for a review, by their ids."""
    logins = [nodes.user_by(world, each).login for each in _listed(given, "user_ids")]
    return _ask(world, given, logins)


def request_reviews_by_login(world: World, given: Input) -> Node:
    """Ask people for a review, by their names."""
    return _ask(world, given, _listed(given, "user_logins"))


def _ask(world: World, given: Input, logins: list[str]) -> Node:
    repository, request = nodes.request_by(world, given["pull_request_id"])
    if not given.get("union"):
        request.reviewers.clear()
    ask_for_review(world.actor(repository), request, logins)
    return payload(world, repository, request)


def add_review(world: World, given: Input) -> Node:
    """Add a review with its threads."""
    repository, request = nodes.request_by(world, given["pull_request_id"])
    made = review(
        world.actor(repository),
        request,
        VERDICTS[given.get("event")],
        given.get("body") or "",
        lines=[_line(each) for each in _listed(given, "threads")],
        commit=given.get("commit_oid"),
    )
    return {"pullRequestReview": review_node(world, repository, request, made)}


def _listed(given: Input, name: str) -> list[Any]:
    return given.get(name) or []


def _line(given: dict[str, Any]) -> Line:
    return Line(given["path"], given["line"], given["body"], given.get("start_line"), given["side"])


def reply_in_thread(world: World, given: Input) -> Node:
    """Reply in a thread."""
    repository, request, found = _thread(world, given["pull_request_review_thread_id"])
    made = reply(world.actor(repository), request, found, given["body"])
    return {"comment": remark(world, repository, request, found, made)}


def resolved(world: World, given: Input) -> Node:
    """Resolve a thread."""
    return _settle(world, given, is_resolved=True)


def unresolved(world: World, given: Input) -> Node:
    """Open a thread again."""
    return _settle(world, given, is_resolved=False)


def _settle(world: World, given: Input, *, is_resolved: bool) -> Node:
    repository, request, found = _thread(world, given["thread_id"])
    resolve(world.actor(repository), request, found, is_resolved=is_resolved)
    return {"thread": thread(world, repository, request, found)}


def _thread(world: World, node_id: str) -> tuple[Repository, ChangeRequest, Thread]:
    repository, on, found = nodes.located(world, node_id, Thread)
    if not isinstance(on, ChangeRequest):
        raise nodes.unknown(node_id)
    return repository, on, found


MUTATIONS: dict[str, Callable[[World, Input], Node]] = {
    "addComment": add_comment,
    "updateIssueComment": update_comment,
    "deleteIssueComment": delete_comment,
    "addLabelsToLabelable": label,
    "removeLabelsFromLabelable": unlabel,
    "requestReviews": request_reviews,
    "requestReviewsByLogin": request_reviews_by_login,
    "addPullRequestReview": add_review,
    "addPullRequestReviewThreadReply": reply_in_thread,
    "resolveReviewThread": resolved,
    "unresolveReviewThread": unresolved,
}
