"""Gitea's reviews, their comments about lines, and who is asked for them.

There is no reply to such a comment by this API; a client comments on the same line again.
"""

from __future__ import annotations

from typing import Any

from tests.emulator.core.model import ChangeRequest, Remark, Review, Thread, Verdict
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.reviewing import (
    Line,
    ask_for_review,
    dismiss,
    review,
    seen_reviews,
    submit,
    unask_for_review,
)
from tests.emulator.gitea import shapes
from tests.emulator.gitea.call import PULL, Call, GiteaRoutes
from tests.emulator.wire.http import Response

ROUTES = GiteaRoutes()
EVENTS = {
    "APPROVED": Verdict.APPROVED,
    "REQUEST_CHANGES": Verdict.CHANGES_REQUESTED,
    "COMMENT": Verdict.COMMENTED,
    "PENDING": Verdict.PENDING,
    "": Verdict.PENDING,
}


@ROUTES.on(f"GET {PULL}/reviews")
def listed(call: Call) -> Response:
    """List the reviews, oldest first."""
    found = seen_reviews(call.change_request, call.user)
    return call.page(found, lambda each: shapes.review(each, call))


@ROUTES.on(f"POST {PULL}/reviews")
def reviewed(call: Call) -> Response:
    """Add a review; without an event it is pending."""
    made = review(
        call.actor,
        call.change_request,
        _event(call),
        call.body.get("body") or "",
        lines=[_line(each) for each in call.listed("comments")],
        commit=call.body.get("commit_id") or None,
    )
    return Response(200, shapes.review(made, call))


def _line(given: dict[str, Any]) -> Line:
    new, old = given.get("new_position") or 0, given.get("old_position") or 0
    return Line(
        given.get("path", ""), new or old, given.get("body", ""), side="RIGHT" if new else "LEFT"
    )


def _event(call: Call) -> Verdict:
    given = call.body.get("event") or ""
    if given not in EVENTS:
        raise RefusalError(Why.INVALID, f"unknown event {given}")
    return EVENTS[given]


@ROUTES.on(f"GET {PULL}/reviews/{{id}}")
def shown(call: Call) -> Response:
    """Show a review."""
    return Response(200, shapes.review(_review(call), call))


@ROUTES.on(f"POST {PULL}/reviews/{{id}}")
def submitted(call: Call) -> Response:
    """Submit a pending review."""
    found = _review(call)
    body = call.body.get("body") or ""
    submit(call.actor, call.change_request, found, _event(call), body)
    return Response(200, shapes.review(found, call))


@ROUTES.on(f"POST {PULL}/reviews/{{id}}/dismissals")
def dismissed(call: Call) -> Response:
    """Make a verdict count no more."""
    found = _review(call)
    dismiss(call.actor, call.change_request, found)
    return Response(200, shapes.review(found, call))


@ROUTES.on(f"GET {PULL}/reviews/{{id}}/comments")
def comments(call: Call) -> Response:
    """List the comments of a review; all of them, for they come in no pages."""
    found = _review(call)
    pairs = [pair for pair in _remarks(call.change_request) if pair[1].review == found.id]
    shown = [shapes.remark(remark, thread, found.id, call) for thread, remark in pairs]
    return Response(200, shown)


@ROUTES.on(f"POST {PULL}/requested_reviewers")
def asked(call: Call) -> Response:
    """Ask people for a review; the answer is a review of each that is still to come."""
    request, names = call.change_request, call.listed("reviewers")
    ask_for_review(call.actor, request, names)
    waiting = [
        {"id": each.id, "user": shapes.user(each, call), "state": "REQUEST_REVIEW"}
        for each in request.reviewers
        if each.login in names
    ]
    return Response(201, waiting)


@ROUTES.on(f"DELETE {PULL}/requested_reviewers")
def unasked(call: Call) -> Response:
    """Ask people no longer for a review."""
    unask_for_review(call.change_request, call.listed("reviewers"))
    return Response(204)


def _review(call: Call) -> Review:
    for each in call.change_request.reviews:
        if each.id == call.id():
            return each
    raise RefusalError(Why.NOT_FOUND, "")


def _remarks(request: ChangeRequest) -> list[tuple[Thread, Remark]]:
    return [(thread, remark) for thread in request.threads for remark in thread.remarks]
