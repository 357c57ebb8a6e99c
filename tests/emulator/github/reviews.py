"""The REST API's reviews, and the comments about lines that come with them."""

from __future__ import annotations

from typing import Any

from tests.emulator.core.model import ChangeRequest, Remark, Repository, Review, Thread, Verdict
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.reviewing import (
    Line,
    dismiss,
    is_outdated,
    reply,
    review,
    seen_reviews,
    submit,
    thread_of,
)
from tests.emulator.github import shapes
from tests.emulator.github.call import Call
from tests.emulator.github.ids import node_id
from tests.emulator.github.pulls import PULLS
from tests.emulator.github.routing import GitHubRoutes
from tests.emulator.wire.http import Response

ROUTES = GitHubRoutes()
VERDICTS = {
    "APPROVE": Verdict.APPROVED,
    "REQUEST_CHANGES": Verdict.CHANGES_REQUESTED,
    "COMMENT": Verdict.COMMENTED,
}


def shape(of: Review, call: Call) -> dict[str, Any]:
    """Return a review."""
    request = call.change_request
    page = call.links.item(call.repository, request)
    return {
        "id": of.id,
        "node_id": node_id("PRR", of.id),
        "user": shapes.user(of.author, call.links),
        "body": of.body,
        "state": of.verdict.value,
        "html_url": f"{page}#pullrequestreview-{of.id}",
        "pull_request_url": f"{call.links.repository(call.repository)}/pulls/{request.number}",
        "author_association": "COLLABORATOR",
        "commit_id": of.commit,
        "submitted_at": shapes.time(of.submitted),
    }


def remark_shape(of: Remark, thread: Thread, call: Call) -> dict[str, Any]:
    """Return a comment about a line; ``line`` is null where the file has changed since."""
    request, repository = call.change_request, call.repository
    page = call.links.item(repository, request)
    url = f"{call.links.repository(repository)}/pulls"
    outdated = is_outdated(repository, request, thread)
    shown: dict[str, Any] = {
        "id": of.id,
        "node_id": node_id("PRRC", of.id),
        "url": f"{url}/comments/{of.id}",
        "pull_request_url": f"{url}/{request.number}",
        "html_url": f"{page}#discussion_r{of.id}",
        "pull_request_review_id": of.review,
        "user": shapes.user(of.author, call.links),
        "body": of.body,
        "path": thread.path,
        "line": None if outdated else thread.line,
        "original_line": thread.line,
        "start_line": None if outdated else thread.start_line,
        "original_start_line": thread.start_line,
        "side": thread.side,
        "subject_type": "file" if thread.line is None else "line",
        "commit_id": request.head,
        "original_commit_id": thread.commit,
        "diff_hunk": _hunk(repository, request, thread),
        "author_association": "COLLABORATOR",
        "created_at": shapes.time(of.created),
        "updated_at": shapes.time(of.updated),
    }
    if of is not thread.remarks[0]:
        shown["in_reply_to_id"] = thread.remarks[0].id
    return shown


def _hunk(repository: Repository, request: ChangeRequest, thread: Thread) -> str:
    files = repository.bare.changed_files(request.base, thread.commit)
    return next((file.patch for file in files if file.path == thread.path), "")


def _review(call: Call) -> Review:
    for each in call.change_request.reviews:
        if each.id == call.id():
            return each
    raise RefusalError(Why.NOT_FOUND, "Not Found")


def _verdict(call: Call) -> Verdict:
    given = call.body.get("event")
    if given is None:
        return Verdict.PENDING
    if given not in VERDICTS:
        message = "Variable $event of type PullRequestReviewEvent was provided invalid value"
        raise RefusalError(Why.INVALID, message, "event")
    return VERDICTS[given]


def line_of(given: dict[str, Any]) -> Line:
    """Return where a comment is to be, as it was sent."""
    line = given.get("line", given.get("position"))
    return Line(
        given.get("path", ""),
        line,
        given.get("body", ""),
        given.get("start_line"),
        given.get("side", "RIGHT"),
    )


@ROUTES.on(f"GET {PULLS}/{{number}}/reviews")
def listed(call: Call) -> Response:
    """List the reviews, oldest first."""
    found = seen_reviews(call.change_request, call.user)
    return call.page(found, lambda each: shape(each, call))


@ROUTES.on(f"POST {PULLS}/{{number}}/reviews")
def reviewed(call: Call) -> Response:
    """Add a review; without an event it is pending."""
    lines = [line_of(each) for each in call.body.get("comments", [])]
    made = review(
        call.actor,
        call.change_request,
        _verdict(call),
        call.body.get("body") or "",
        lines=lines,
        commit=call.body.get("commit_id"),
    )
    return Response(200, shape(made, call))


@ROUTES.on(f"GET {PULLS}/{{number}}/reviews/{{id}}")
def shown(call: Call) -> Response:
    """Show a review."""
    return Response(200, shape(_review(call), call))


@ROUTES.on(f"GET {PULLS}/{{number}}/reviews/{{id}}/comments")
def remarks_of_review(call: Call) -> Response:
    """List the comments that came with a review."""
    of = _review(call)
    found = [pair for pair in _remarks(call.change_request) if pair[1].review == of.id]
    return call.page(found, lambda pair: remark_shape(pair[1], pair[0], call))


@ROUTES.on(f"POST {PULLS}/{{number}}/reviews/{{id}}/events")
def submitted(call: Call) -> Response:
    """Submit a pending review."""
    of = _review(call)
    body = call.body.get("body") or ""
    submit(call.actor, call.change_request, of, _verdict(call), body)
    return Response(200, shape(of, call))


@ROUTES.on(f"PUT {PULLS}/{{number}}/reviews/{{id}}/dismissals")
def dismissed(call: Call) -> Response:
    """Dismiss a review; a message is asked for."""
    of = _review(call)
    call.require("message")
    dismiss(call.actor, call.change_request, of)
    return Response(200, shape(of, call))


@ROUTES.on(f"GET {PULLS}/{{number}}/comments")
def remarks(call: Call) -> Response:
    """List the comments about lines, oldest first."""
    found = sorted(_remarks(call.change_request), key=lambda pair: pair[1].id)
    return call.page(found, lambda pair: remark_shape(pair[1], pair[0], call))


@ROUTES.on(f"POST {PULLS}/{{number}}/comments")
def remarked(call: Call) -> Response:
    """Comment on a line, by a review of its own; or reply, where it says to what."""
    request = call.change_request
    if call.body.get("in_reply_to"):
        thread = thread_of(request, call.body["in_reply_to"])
        made = reply(call.actor, request, thread, call.require("body"))
        return Response(201, remark_shape(made, thread, call))
    call.require("commit_id")
    line = line_of(call.body)
    review(call.actor, request, Verdict.COMMENTED, lines=[line], commit=call.body["commit_id"])
    thread = request.threads[-1]
    return Response(201, remark_shape(thread.remarks[0], thread, call))


@ROUTES.on(f"POST {PULLS}/{{number}}/comments/{{id}}/replies")
def replied(call: Call) -> Response:
    """Reply in a thread; the id is that of its first comment."""
    request = call.change_request
    thread = thread_of(request, call.id())
    if thread.remarks[0].id != call.id():
        message = "in_reply_to can only be a top-level review comment"
        raise RefusalError(Why.INVALID, message, "in_reply_to")
    made = reply(call.actor, request, thread, call.require("body"))
    return Response(201, remark_shape(made, thread, call))


def _remarks(request: ChangeRequest) -> list[tuple[Thread, Remark]]:
    return [(thread, remark) for thread in request.threads for remark in thread.remarks]
