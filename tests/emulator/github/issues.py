"""The REST API's issues, comments and labels; change requests have these by the same addresses."""

from __future__ import annotations

from typing import cast

from tests.emulator.core.discussing import (
    add_labels,
    comment,
    comment_of,
    edit_comment,
    remove_label,
)
from tests.emulator.core.hub import checked_body
from tests.emulator.core.model import ChangeRequest, State
from tests.emulator.core.opening import Edit, close, edit, reopen
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.github import shapes
from tests.emulator.github.call import Call
from tests.emulator.github.routing import GitHubRoutes
from tests.emulator.wire.http import Response

ROUTES = GitHubRoutes()
ISSUES = "/repos/{owner}/{repo}/issues"


@ROUTES.on(f"GET {ISSUES}")
def listed(call: Call) -> Response:
    """List issues, change requests among them, newest first."""
    repository = call.repository
    wanted = call.request.query.get("state", "open")
    label = call.request.query.get("labels")
    found = [
        item
        for item in reversed(repository.items.values())
        if wanted in ("all", "open" if item.state is State.OPEN else "closed")
        and (label is None or label in [each.name for each in item.labels])
    ]
    return call.page(found, lambda item: shapes.issue(item, repository, call.links))


@ROUTES.on(f"POST {ISSUES}")
def opened(call: Call) -> Response:
    """Open an issue."""
    repository = call.repository
    made = call.actor.open_issue(call.require("title"), call.body.get("body") or "")
    add_labels(call.actor, made, call.body.get("labels", []))
    return Response(201, shapes.issue(made, repository, call.links))


@ROUTES.on(f"GET {ISSUES}/{{number}}")
def shown(call: Call) -> Response:
    """Show an issue or change request."""
    return Response(200, shapes.issue(call.issue, call.repository, call.links))


@ROUTES.on(f"PATCH {ISSUES}/{{number}}")
def edited(call: Call) -> Response:
    """Change title, body or state."""
    item, repository, body = call.issue, call.repository, call.body
    if isinstance(item, ChangeRequest):
        wanted = Edit(body.get("title"), body.get("body"))
        edit(call.actor, item, wanted)
    else:
        item.title = body.get("title", item.title)
        item.body = checked_body(body.get("body", item.body))
    state = body.get("state")
    if state is not None and isinstance(item, ChangeRequest):
        (close if state == "closed" else reopen)(call.actor, item)
    elif state is not None:
        call.actor.set_state(item, State(state))
    return Response(200, shapes.issue(item, repository, call.links))


@ROUTES.on(f"GET {ISSUES}/{{number}}/comments")
def comments(call: Call) -> Response:
    """List the comments, oldest first."""
    item, repository = call.issue, call.repository
    return call.page(item.comments, lambda each: shapes.comment(each, item, repository, call.links))


@ROUTES.on(f"POST {ISSUES}/{{number}}/comments")
def commented(call: Call) -> Response:
    """Add a comment."""
    item, repository = call.issue, call.repository
    made = comment(call.actor, item, call.require("body"))
    return Response(201, shapes.comment(made, item, repository, call.links))


@ROUTES.on(f"GET {ISSUES}/comments/{{id}}")
def comment_shown(call: Call) -> Response:
    """Show a comment."""
    item, found = comment_of(call.repository, call.id())
    return Response(200, shapes.comment(found, item, call.repository, call.links))


@ROUTES.on(f"PATCH {ISSUES}/comments/{{id}}")
def comment_edited(call: Call) -> Response:
    """Change a comment's text."""
    repository = call.repository
    item, found = comment_of(repository, call.id())
    edit_comment(call.actor, item, found, call.require("body"))
    return Response(200, shapes.comment(found, item, repository, call.links))


@ROUTES.on(f"DELETE {ISSUES}/comments/{{id}}")
def comment_deleted(call: Call) -> Response:
    """Delete a comment."""
    item, found = comment_of(call.repository, call.id())
    item.comments.remove(found)
    return Response(204)


@ROUTES.on(f"GET {ISSUES}/{{number}}/labels")
def labels(call: Call) -> Response:
    """List an issue's labels."""
    return call.page(call.issue.labels, shapes.label)


@ROUTES.on(f"POST {ISSUES}/{{number}}/labels")
def labels_added(call: Call) -> Response:
    """Add labels; the repository gets those that it has not."""
    item = call.issue
    add_labels(call.actor, item, _labels(call))
    return Response(200, [shapes.label(each) for each in item.labels])


@ROUTES.on(f"PUT {ISSUES}/{{number}}/labels")
def labels_set(call: Call) -> Response:
    """Replace the labels."""
    item = call.issue
    item.labels.clear()
    add_labels(call.actor, item, _labels(call))
    return Response(200, [shapes.label(each) for each in item.labels])


def _labels(call: Call) -> list[str]:
    names = call.body.get("labels")
    if isinstance(names, list):
        listed = cast("list[object]", names)
        found = [each for each in listed if isinstance(each, str)]
        if len(found) == len(listed):
            return found
    raise RefusalError(Why.INVALID, "labels must be a list of names", "labels")


@ROUTES.on(f"DELETE {ISSUES}/{{number}}/labels/{{name}}")
def label_removed(call: Call) -> Response:
    """Remove a label."""
    item = call.issue
    remove_label(call.actor, item, call.params["name"])
    return Response(200, [shapes.label(each) for each in item.labels])


@ROUTES.on("GET /repos/{owner}/{repo}/labels")
def known_labels(call: Call) -> Response:
    """List the repository's labels."""
    return call.page(list(call.repository.labels.values()), shapes.label)


@ROUTES.on("POST /repos/{owner}/{repo}/labels")
def label_made(call: Call) -> Response:
    """Make a label."""
    name, repository = call.require("name"), call.repository
    if name.lower() in repository.labels:
        raise RefusalError(Why.INVALID, "already_exists", "name")
    made = call.hub.label(repository, name)
    made.color = call.body.get("color", made.color)
    made.description = call.body.get("description") or ""
    return Response(201, shapes.label(made))
