"""Gitea's pull requests: list, find by branches, open, show, edit and merge."""

from __future__ import annotations

from tests.emulator.core.branching import delete_branch
from tests.emulator.core.merging import Merge, merge
from tests.emulator.core.model import ChangeRequest, Label, Method, State
from tests.emulator.core.opening import Edit, Proposal, branch_of, close, edit, open_request, reopen
from tests.emulator.core.queueing import disable_auto_merge, enable_auto_merge
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.standing import blockers
from tests.emulator.gitea import shapes
from tests.emulator.gitea.call import PULL, PULLS, Call, GiteaRoutes
from tests.emulator.wire.http import Response, text

ROUTES = GiteaRoutes()
BY_BRANCHES = GiteaRoutes()
"""What may only be looked at after all other addresses: a branch may be called ``reviews``."""
DRAFTS = ("wip:", "[wip]")
METHODS = {
    "merge": Method.MERGE,
    "squash": Method.SQUASH,
    "rebase": Method.REBASE,
}


def is_draft(title: str) -> bool:
    """Tell whether a title says that its request is a draft: there is no other way to say it."""
    return title.lower().startswith(DRAFTS)


@ROUTES.on(f"GET {PULLS}")
def listed(call: Call) -> Response:
    """List pull requests by their state, newest first."""
    wanted = call.request.query.get("state", "open")
    found = [
        each
        for each in reversed(call.repository.requests)
        if wanted in ("all", "open" if each.state is State.OPEN else "closed")
    ]
    if call.request.query.get("sort") == "recentupdate":
        found.sort(key=lambda each: each.updated, reverse=True)
    return call.page(found, lambda each: shapes.pull(each, call))


@ROUTES.on(f"POST {PULLS}")
def opened(call: Call) -> Response:
    """Open a pull request."""
    head, base = call.require("head"), call.require("base")
    title = call.require("title")
    for each in call.repository.requests:
        same = (branch_of(call.repository, head), base, State.OPEN)
        if (each.head_branch, each.base_branch, each.state) == same:
            raise RefusalError(Why.DUPLICATE, _duplicate(call, each))
    proposal = Proposal(title, call.body.get("body"), head, base, is_draft(title))
    made = open_request(call.actor, proposal)
    made.labels = labels_of(call, call.listed("labels"))
    return Response(201, shapes.pull(made, call))


def _duplicate(call: Call, of: ChangeRequest) -> str:
    parts = {
        "id": of.id,
        "issue_id": of.number,
        "head_repo_id": call.repository.id,
        "base_repo_id": call.repository.id,
        "head_branch": of.head_branch,
        "base_branch": of.base_branch,
    }
    listed = ", ".join(f"{name}: {value}" for name, value in parts.items())
    return f"pull request already exists for these targets [{listed}]"


def labels_of(call: Call, wanted: list[int | str]) -> list[Label]:
    """Return the labels of the repository that have these ids or names."""
    names = {str(each) for each in wanted}
    known = call.repository.labels.values()
    return [each for each in known if {str(each.id), each.name} & names]


@ROUTES.on(f"GET {PULLS}/{{number}}.diff")
def diff(call: Call) -> Response:
    """Show what a pull request changes."""
    request = call.change_request
    return text(call.repository.bare.diff(request.base, request.head) + "\n")


@ROUTES.on(f"GET {PULL}")
def shown(call: Call) -> Response:
    """Show a pull request."""
    return Response(200, shapes.pull(call.change_request, call))


@ROUTES.on(f"PATCH {PULL}")
def edited(call: Call) -> Response:
    """Change title, body, base, labels or state; Gitea answers 201."""
    request, body = call.change_request, call.body
    wanted = Edit(body.get("title") or None, body.get("body"), body.get("base") or None)
    if body.get("state") is not None and request.state is State.MERGED:
        message = "cannot change state of this pull request, it was already merged"
        raise RefusalError(Why.MERGED, message)
    if wanted != Edit():
        edit(call.actor, request, wanted)
        request.draft = is_draft(request.title)
    if body.get("labels") is not None:
        request.labels = labels_of(call, body["labels"])
    if body.get("state") is not None:
        (close if body["state"] == "closed" else reopen)(call.actor, request)
    return Response(201, shapes.pull(request, call))


@ROUTES.on(f"GET {PULL}/merge")
def is_merged(call: Call) -> Response:
    """Answer 204 where it is merged."""
    if call.change_request.state is not State.MERGED:
        raise RefusalError(Why.NOT_FOUND, "")
    return Response(204)


@ROUTES.on(f"POST {PULL}/merge")
def merged(call: Call) -> Response:
    """Merge a pull request (200), or have it merged when its checks have succeeded (201)."""
    request, body = call.change_request, call.body
    if request.state is State.CLOSED:
        raise RefusalError(Why.NOT_FOUND, "")
    method = METHODS.get(call.require("Do"))
    if method is None:
        raise RefusalError(Why.INVALID, f"[Do]: {body['Do']} is no way to merge")
    waits = [each.why for each in blockers(call.repository, request)]
    if (
        body.get("merge_when_checks_succeed")
        and waits
        and set(waits) <= {Why.CHECKS, Why.APPROVALS}
    ):
        if request.auto_merge is not None:
            message = "pull request is already scheduled to auto merge when checks succeed"
            raise RefusalError(Why.DUPLICATE, message)
        enable_auto_merge(call.actor, request, method)
        return Response(201)
    _merge_now(call, request, method)
    return Response(200)


def _merge_now(call: Call, request: ChangeRequest, method: Method) -> None:
    body = call.body
    for blocker in blockers(call.repository, request):
        raise blocker
    if body.get("head_commit_id") not in (None, "", request.head):
        raise RefusalError(Why.HEAD_MOVED, "head out of date")
    title, message = body.get("MergeTitleField") or None, body.get("MergeMessageField") or ""
    merge(call.actor, request, Merge(method, None, title, message))
    if body.get("delete_branch_after_merge"):
        delete_branch(call.actor, request.head_branch)


@ROUTES.on(f"DELETE {PULL}/merge")
def merge_cancelled(call: Call) -> Response:
    """Have a pull request merged by people only."""
    request = call.change_request
    if request.auto_merge is None:
        raise RefusalError(Why.NOT_FOUND, "")
    disable_auto_merge(call.actor, request)
    return Response(204)


@ROUTES.on(f"GET {PULL}/files")
def files(call: Call) -> Response:
    """List the changed files."""
    request = call.change_request
    words = {"removed": "deleted", "modified": "changed"}
    return call.page(
        call.repository.bare.changed_files(request.base, request.head),
        lambda file: {
            "filename": file.path,
            "status": words.get(file.status, file.status),
            "additions": file.additions,
            "deletions": file.deletions,
            "changes": file.additions + file.deletions,
        },
    )


@BY_BRANCHES.on(f"GET {PULLS}/{{base}}/{{head*}}")
def found(call: Call) -> Response:
    """Show the pull request of two branches, the open one where there are several."""
    base, head = call.params["base"], branch_of(call.repository, call.params["head"])
    fitting = [
        each
        for each in reversed(call.repository.requests)
        if (each.base_branch, each.head_branch) == (base, head)
    ]
    fitting.sort(key=lambda each: each.state is not State.OPEN)
    if not fitting:
        raise RefusalError(Why.NOT_FOUND, "")
    return Response(200, shapes.pull(fitting[0], call))
