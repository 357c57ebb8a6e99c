"""GitLab's projects, branches, people, labels and issues."""

from __future__ import annotations

from typing import Any

from tests.emulator.core.branching import delete_branch
from tests.emulator.core.discussing import add_labels
from tests.emulator.core.model import ChangeRequest, Issue, Label, State
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.gitlab import shapes
from tests.emulator.gitlab.call import PROJECT, Call, GitLabRoutes
from tests.emulator.wire.http import Response

ROUTES = GitLabRoutes()
BRANCHES = f"{PROJECT}/repository/branches"


@ROUTES.on("GET /version")
def version(call: Call) -> Response:
    """Show the version of GitLab that this is like."""
    del call
    return Response(200, {"version": "18.0.0", "revision": "0000000"})


@ROUTES.on("GET /user")
def myself(call: Call) -> Response:
    """Show who calls."""
    return Response(200, shapes.user(call.user, call))


@ROUTES.on("GET /users")
def users(call: Call) -> Response:
    """List accounts; one by its name."""
    wanted = call.request.query.get("username")
    found = [each for each in call.hub.users.values() if wanted in (None, each.login)]
    return call.page(found, lambda each: shapes.user(each, call))


@ROUTES.on(f"GET {PROJECT}")
def project(call: Call) -> Response:
    """Show a project."""
    return Response(200, shapes.project(call.repository, call))


@ROUTES.on(f"GET {BRANCHES}")
def branches(call: Call) -> Response:
    """List the branches."""
    heads = sorted(call.repository.bare.heads().items())
    return call.page(heads, lambda pair: _branch(*pair, call))


@ROUTES.on(f"GET {BRANCHES}/{{branch}}")
def branch(call: Call) -> Response:
    """Show a branch."""
    return Response(200, _branch(call.params["branch"], _sha(call), call))


@ROUTES.on(f"DELETE {BRANCHES}/{{branch}}")
def branch_deleted(call: Call) -> Response:
    """Delete a branch."""
    delete_branch(call.actor, call.params["branch"])
    return Response(204)


def _sha(call: Call) -> str:
    found = call.repository.bare.heads().get(call.params["branch"])
    if found is None:
        raise RefusalError(Why.NO_BRANCH, "")
    return found


def _branch(name: str, sha: str, call: Call) -> dict[str, Any]:
    repository = call.repository
    return {
        "name": name,
        "commit": {"id": sha, "title": repository.bare.commit(sha).message.partition("\n")[0]},
        "protected": name in repository.protections,
        "default": name == repository.default_branch,
        "web_url": f"{call.web_url}/-/tree/{name}",
    }


@ROUTES.on(f"GET {PROJECT}/labels")
def labels(call: Call) -> Response:
    """List the labels."""
    return call.page(list(call.repository.labels.values()), _label)


@ROUTES.on(f"POST {PROJECT}/labels")
def label_made(call: Call) -> Response:
    """Make a label."""
    name = call.require("name")
    if name.lower() in call.repository.labels:
        raise RefusalError(Why.DUPLICATE, "Label already exists")
    made = call.hub.label(call.repository, name)
    made.color = str(call.given.get("color", "")).removeprefix("#") or made.color
    return Response(201, _label(made))


def _label(of: Label) -> dict[str, Any]:
    return {
        "id": of.id,
        "name": of.name,
        "color": f"#{of.color}",
        "description": of.description or None,
    }


@ROUTES.on(f"GET {PROJECT}/issues")
def issues(call: Call) -> Response:
    """List issues, newest first."""
    wanted = call.request.query.get("state", "all")
    found = [
        item
        for item in reversed(call.repository.items.values())
        if not isinstance(item, ChangeRequest) and wanted in ("all", shapes.STATES[item.state])
    ]
    return call.page(found, lambda item: shapes.issue(item, call))


@ROUTES.on(f"POST {PROJECT}/issues")
def issue_opened(call: Call) -> Response:
    """Open an issue."""
    made = call.actor.open_issue(call.require("title"), call.given.get("description") or "")
    add_labels(call.actor, made, call.words("labels") or [])
    return Response(201, shapes.issue(made, call))


@ROUTES.on(f"GET {PROJECT}/issues/{{number}}")
def issue(call: Call) -> Response:
    """Show an issue."""
    return Response(200, shapes.issue(_issue(call), call))


@ROUTES.on(f"PUT {PROJECT}/issues/{{number}}")
def issue_edited(call: Call) -> Response:
    """Change title, description or state of an issue."""
    found, given = _issue(call), call.given
    found.title = given.get("title", found.title)
    found.body = given.get("description", found.body)
    states = {"close": State.CLOSED, "reopen": State.OPEN}
    if given.get("state_event") in states:
        call.actor.set_state(found, states[given["state_event"]])
    return Response(200, shapes.issue(found, call))


def _issue(call: Call) -> Issue:
    found = call.issue
    if isinstance(found, ChangeRequest):
        raise RefusalError(Why.NOT_FOUND, "404 Not found")
    return found
