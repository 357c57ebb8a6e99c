"""The REST API's change requests: list, open, show, edit, merge, and who is to review them."""

from __future__ import annotations

from typing import Any

from tests.emulator.core.merging import Merge, merge, update_branch
from tests.emulator.core.model import ChangeRequest, Method, State
from tests.emulator.core.opening import Edit, Proposal, branch_of, close, edit, open_request, reopen
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.reviewing import ask_for_review, unask_for_review
from tests.emulator.github import shapes
from tests.emulator.github.call import Call
from tests.emulator.github.routing import GitHubRoutes
from tests.emulator.wire.http import Response, text

ROUTES = GitHubRoutes()
PULLS = "/repos/{owner}/{repo}/pulls"
ORDERS = {"created": "created", "updated": "updated", "popularity": "created"}


@ROUTES.on(f"GET {PULLS}")
def listed(call: Call) -> Response:
    """List change requests by state, head and base; newest first by default."""
    repository, query = call.repository, call.request.query
    wanted = query.get("state", "open")
    if wanted not in ("open", "closed", "all"):
        raise RefusalError(Why.INVALID, f"{wanted} is not a state", "state")
    found = [each for each in repository.requests if _is_in(each, wanted)]
    if "head" in query:
        found = [each for each in found if each.head_branch == _head(call, query["head"])]
    if "base" in query:
        found = [each for each in found if each.base_branch == query["base"]]
    order = ORDERS.get(query.get("sort", "created"), "created")
    found.sort(
        key=lambda each: (getattr(each, order), each.number),
        reverse=query.get("direction", "desc") != "asc",
    )
    return call.page(found, lambda each: shapes.pull(each, repository, call.links))


def _is_in(request: ChangeRequest, wanted: str) -> bool:
    return wanted == "all" or (request.state is State.OPEN) == (wanted == "open")


def _head(call: Call, given: str) -> str:
    """Return the branch; GitHub ignores a filter that names no owner, which nobody means."""
    if ":" not in given:
        raise RefusalError(Why.INVALID, "head must be in the format user:ref-name", "head")
    return branch_of(call.repository, given)


@ROUTES.on(f"POST {PULLS}")
def opened(call: Call) -> Response:
    """Open a change request."""
    repository, body = call.repository, call.body
    proposal = Proposal(
        title=call.require("title"),
        body=body.get("body"),
        head=call.require("head"),
        base=call.require("base"),
        draft=bool(body.get("draft")),
    )
    made = open_request(call.actor, proposal)
    url = f"{call.links.repository(repository)}/pulls/{made.number}"
    shown = shapes.whole_pull(made, repository, call.links)
    return Response(201, shown, {"Location": url})


@ROUTES.on(f"GET {PULLS}/{{number}}")
def shown(call: Call) -> Response:
    """Show a change request, or its diff where that is asked for by the Accept header."""
    request = call.change_request
    repository = call.repository
    accepts = call.request.headers.get("accept", "")
    if "diff" in accepts:
        return text(repository.bare.diff(request.base, request.head) + "\n")
    if "patch" in accepts:
        between = f"{request.base}..{request.head}"
        return text(repository.bare.git("format-patch", "--stdout", between) + "\n")
    return Response(200, shapes.whole_pull(request, repository, call.links))


@ROUTES.on(f"PATCH {PULLS}/{{number}}")
def edited(call: Call) -> Response:
    """Change title, body, base or state."""
    request, repository, body = call.change_request, call.repository, call.body
    wanted = Edit(body.get("title"), body.get("body"), body.get("base"))
    if wanted != Edit():
        edit(call.actor, request, wanted)
    match body.get("state"):
        case None:
            pass
        case "closed":
            close(call.actor, request)
        case "open":
            reopen(call.actor, request)
        case other:
            raise RefusalError(Why.INVALID, f"{other} is not a state", "state")
    return Response(200, shapes.whole_pull(request, repository, call.links))


@ROUTES.on(f"PUT {PULLS}/{{number}}/merge")
def merged(call: Call) -> Response:
    """Merge a change request."""
    request, body = call.change_request, call.body
    how = Merge(
        method=_method(body),
        head=body.get("sha"),
        title=body.get("commit_title"),
        message=body.get("commit_message"),
    )
    made = merge(call.actor, request, how)
    return Response(
        200, {"sha": made, "merged": True, "message": "Pull Request successfully merged"}
    )


def _method(body: dict[str, Any]) -> Method:
    given = body.get("merge_method", "merge")
    try:
        return Method(given)
    except ValueError as error:
        raise RefusalError(Why.INVALID, f"{given} is not a merge method", "merge_method") from error


@ROUTES.on(f"GET {PULLS}/{{number}}/merge")
def is_merged(call: Call) -> Response:
    """Answer 204 where it is merged."""
    if call.change_request.state is not State.MERGED:
        raise RefusalError(Why.NOT_FOUND, "Not Found")
    return Response(204)


@ROUTES.on(f"PUT {PULLS}/{{number}}/update-branch")
def updated(call: Call) -> Response:
    """Merge the base branch into the head branch."""
    update_branch(call.actor, call.change_request, call.body.get("expected_head_sha"))
    return Response(202, {"message": "Updating pull request branch."})


@ROUTES.on(f"GET {PULLS}/{{number}}/files")
def files(call: Call) -> Response:
    """List the changed files."""
    request, repository = call.change_request, call.repository
    found = repository.bare.changed_files(request.base, request.head)
    return call.page(
        found,
        lambda file: {
            "filename": file.path,
            "status": file.status,
            "additions": file.additions,
            "deletions": file.deletions,
            "changes": file.additions + file.deletions,
            "patch": file.patch,
        },
    )


@ROUTES.on(f"GET {PULLS}/{{number}}/commits")
def commits(call: Call) -> Response:
    """List the commits, oldest first."""
    request, repository = call.change_request, call.repository
    found = repository.bare.between(request.base, request.head)
    return call.page(found, lambda sha: shapes.commit(repository.bare.commit(sha)))


@ROUTES.on(f"POST {PULLS}/{{number}}/requested_reviewers")
def reviewers_asked(call: Call) -> Response:
    """Ask people for a review."""
    request, repository = call.change_request, call.repository
    ask_for_review(call.actor, request, call.body.get("reviewers", []))
    return Response(201, shapes.pull(request, repository, call.links))


@ROUTES.on(f"DELETE {PULLS}/{{number}}/requested_reviewers")
def reviewers_unasked(call: Call) -> Response:
    """Ask people no longer for a review."""
    request, repository = call.change_request, call.repository
    unask_for_review(request, call.body.get("reviewers", []))
    return Response(200, shapes.pull(request, repository, call.links))


@ROUTES.on(f"GET {PULLS}/{{number}}/requested_reviewers")
def reviewers(call: Call) -> Response:
    """List whose review is asked for."""
    found = [shapes.user(each, call.links) for each in call.change_request.reviewers]
    return Response(200, {"users": found, "teams": []})
