"""Gitea's issues, comments and labels; pull requests have these by the same addresses."""

from __future__ import annotations

from tests.emulator.core.discussing import (
    add_labels,
    comment,
    comment_of,
    edit_comment,
    remove_label,
)
from tests.emulator.core.model import ChangeRequest, State
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.gitea import shapes
from tests.emulator.gitea.call import ISSUES, REPO, Call, GiteaRoutes
from tests.emulator.gitea.pulls import labels_of
from tests.emulator.wire.http import Response

ROUTES = GiteaRoutes()


@ROUTES.on(f"GET {ISSUES}")
def listed(call: Call) -> Response:
    """List issues and pull requests, or one kind, newest first."""
    query = call.request.query
    wanted, kind = query.get("state", "open"), query.get("type")
    found = [
        item
        for item in reversed(call.repository.items.values())
        if wanted in ("all", "open" if item.state is State.OPEN else "closed")
        and kind in (None, "pulls" if isinstance(item, ChangeRequest) else "issues")
    ]
    return call.page(found, lambda item: shapes.issue(item, call))


@ROUTES.on(f"POST {ISSUES}")
def opened(call: Call) -> Response:
    """Open an issue."""
    made = call.actor.open_issue(call.require("title"), call.body.get("body") or "")
    made.labels = labels_of(call, call.listed("labels"))
    return Response(201, shapes.issue(made, call))


@ROUTES.on(f"GET {ISSUES}/{{number}}")
def shown(call: Call) -> Response:
    """Show an issue or pull request."""
    return Response(200, shapes.issue(call.issue, call))


@ROUTES.on(f"GET {ISSUES}/{{number}}/comments")
def comments(call: Call) -> Response:
    """List the comments, oldest first; all of them, for they come in no pages."""
    item = call.issue
    return Response(200, [shapes.comment(each, item, call) for each in item.comments])


@ROUTES.on(f"POST {ISSUES}/{{number}}/comments")
def commented(call: Call) -> Response:
    """Add a comment."""
    item = call.issue
    made = comment(call.actor, item, call.require("body"))
    return Response(201, shapes.comment(made, item, call))


@ROUTES.on(f"PATCH {ISSUES}/comments/{{id}}")
def comment_edited(call: Call) -> Response:
    """Change a comment's text."""
    item, found = comment_of(call.repository, call.id())
    edit_comment(call.actor, item, found, call.require("body"))
    return Response(200, shapes.comment(found, item, call))


@ROUTES.on(f"DELETE {ISSUES}/comments/{{id}}")
def comment_deleted(call: Call) -> Response:
    """Delete a comment."""
    item, found = comment_of(call.repository, call.id())
    item.comments.remove(found)
    return Response(204)


@ROUTES.on(f"GET {ISSUES}/{{number}}/labels")
def labels(call: Call) -> Response:
    """List an item's labels."""
    return Response(200, [shapes.label(each) for each in call.issue.labels])


@ROUTES.on(f"POST {ISSUES}/{{number}}/labels")
def labels_added(call: Call) -> Response:
    """Add labels of the repository, by their ids or names; unknown ones are left out."""
    item = call.issue
    names = [each.name for each in labels_of(call, call.listed("labels"))]
    add_labels(call.actor, item, names)
    return Response(200, [shapes.label(each) for each in item.labels])


@ROUTES.on(f"DELETE {ISSUES}/{{number}}/labels/{{id}}")
def label_removed(call: Call) -> Response:
    """Take a label off, by its id."""
    for each in call.issue.labels:
        if each.id == call.id():
            remove_label(call.actor, call.issue, each.name)
            return Response(204)
    raise RefusalError(Why.INVALID, "label does not exist")


@ROUTES.on(f"GET {REPO}/labels")
def known_labels(call: Call) -> Response:
    """List the repository's labels."""
    return call.page(list(call.repository.labels.values()), shapes.label)


@ROUTES.on(f"POST {REPO}/labels")
def label_made(call: Call) -> Response:
    """Make a label; a colour is asked for."""
    made = call.hub.label(call.repository, call.require("name"))
    made.color = call.require("color").removeprefix("#")
    return Response(201, shapes.label(made))
