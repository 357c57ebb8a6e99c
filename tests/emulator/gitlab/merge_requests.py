"""GitLab's merge requests: list, open, show, edit and merge.

Issues and merge requests share their numbers here, which they do not on a real server. What a real
one says of a branch that is missing or has no commit was not looked at: this one refuses with 400.
"""

from __future__ import annotations

from typing import Any

from tests.emulator.core.discussing import add_labels, remove_label
from tests.emulator.core.merging import Merge, merge
from tests.emulator.core.model import ChangeRequest, Method, Repository, State, User
from tests.emulator.core.opening import Edit, Proposal, close, edit, open_request, reopen
from tests.emulator.core.queueing import disable_auto_merge, enable_auto_merge
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.reviewing import ask_for_review
from tests.emulator.core.standing import MergeState, Outcome, blockers, merge_state, rollup
from tests.emulator.gitlab import shapes
from tests.emulator.gitlab.call import REQUEST, REQUESTS, Call, GitLabRoutes
from tests.emulator.wire.http import Response

ROUTES = GitLabRoutes()
DRAFTS = ("draft:", "[draft]", "(draft)")


def is_draft(title: str) -> bool:
    """Tell whether a title says that its request is a draft: there is no other way to say it."""
    return title.lower().startswith(DRAFTS)


@ROUTES.on(f"GET {REQUESTS}")
def listed(call: Call) -> Response:
    """List merge requests by state and branches; newest first by default."""
    query = call.request.query
    wanted = query.get("state", "all")
    filters = {"source_branch": "head_branch", "target_branch": "base_branch"}
    found = [
        each
        for each in call.repository.requests
        if wanted in ("all", shapes.STATES[each.state])
        and all(query.get(name) in (None, getattr(each, key)) for name, key in filters.items())
    ]
    if query.get("order_by") == "updated_at":
        found.sort(key=lambda each: each.updated)
    if query.get("sort", "desc") == "desc":
        found.reverse()
    return call.page(found, lambda each: shapes.merge_request(each, call))


@ROUTES.on(f"POST {REQUESTS}")
def opened(call: Call) -> Response:
    """Open a merge request."""
    names = ("source_branch", "target_branch", "title")
    head, base, title = (call.require(name) for name in names)
    if head == base:
        message = "You can't use same project/branch for source and target"
        raise RefusalError(Why.SAME_BRANCH, message)
    proposal = Proposal(title, call.given.get("description"), head, base, is_draft(title))
    _require_single_source(call, head, base)
    made = open_request(call.actor, proposal)
    _take_lists(call, made)
    return Response(201, shapes.whole_merge_request(made, call))


def _require_single_source(call: Call, head: str, base: str) -> None:
    for each in call.repository.requests:
        same = (each.head_branch, each.base_branch, each.state) == (head, base, State.OPEN)
        if same:
            message = "Another open merge request already exists for this source branch"
            raise RefusalError(Why.DUPLICATE, f"{message}: !{each.number}")


@ROUTES.on(f"GET {REQUEST}")
def shown(call: Call) -> Response:
    """Show a merge request."""
    return Response(200, shapes.whole_merge_request(call.change_request, call))


@ROUTES.on(f"PUT {REQUEST}")
def edited(call: Call) -> Response:
    """Change title, description, target, state, labels, reviewers or assignees."""
    request, given = call.change_request, call.given
    wanted = Edit(given.get("title"), given.get("description"), given.get("target_branch"))
    if wanted != Edit():
        edit(call.actor, request, wanted)
        request.draft = is_draft(request.title)
    _take_lists(call, request)
    match given.get("state_event"):
        case None:
            pass
        case "close":
            close(call.actor, request)
        case "reopen":
            reopen(call.actor, request)
        case other:
            raise RefusalError(Why.INVALID, f"state_event {other} does not have a valid value")
    return Response(200, shapes.whole_merge_request(request, call))


def _take_lists(call: Call, request: ChangeRequest) -> None:
    labels = call.words("labels")
    if labels is not None:
        request.labels.clear()
    add_labels(call.actor, request, [*(labels or ()), *(call.words("add_labels") or ())])
    for name in call.words("remove_labels") or ():
        if name in [label.name for label in request.labels]:
            remove_label(call.actor, request, name)
    if call.given.get("assignee_ids") is not None:
        request.assignees = _users(call, "assignee_ids")
    if call.given.get("reviewer_ids") is not None:
        reviewers = _users(call, "reviewer_ids")
        request.reviewers = [each for each in request.reviewers if each in reviewers]
        ask_for_review(call.actor, request, [each.login for each in reviewers])


def _users(call: Call, name: str) -> list[User]:
    """Return who has the ids of a parameter; 0 and unknown ones are nobody."""
    ids = {str(each) for each in call.words(name) or ()}
    return [each for each in call.hub.users.values() if str(each.id) in ids]


@ROUTES.on(f"PUT {REQUEST}/merge")
def merged(call: Call) -> Response:
    """Merge a merge request, or have it merged when its pipeline has succeeded."""
    request, repository, given = call.change_request, call.repository, call.given
    later = call.flag("auto_merge") or call.flag("merge_when_pipeline_succeeds")
    method = Method.SQUASH if call.flag("squash") else _method(repository)
    if later and rollup(repository, request.head) is Outcome.PENDING:
        _require_head(request, given)
        enable_auto_merge(call.actor, request, method)
        return Response(200, shapes.whole_merge_request(request, call))
    for blocker in blockers(repository, request):
        raise blocker
    if merge_state(repository, request) is MergeState.UNKNOWN:
        raise RefusalError(Why.DRAFT, "Method Not Allowed")
    _require_head(request, given)
    message = given.get("squash_commit_message" if call.flag("squash") else "merge_commit_message")
    title, _, rest = message.partition("\n") if message else (None, "", None)
    merge(call.actor, request, Merge(method, None, title, rest))
    return Response(200, shapes.whole_merge_request(request, call))


def _method(repository: Repository) -> Method:
    return Method.MERGE if Method.MERGE in repository.methods else Method.REBASE


def _require_head(request: ChangeRequest, given: dict[str, Any]) -> None:
    """Refuse where another head is expected, which GitLab looks at last."""
    if given.get("sha") not in (None, request.head):
        message = f"SHA does not match HEAD of source branch: {request.head}"
        raise RefusalError(Why.HEAD_MOVED, message)


@ROUTES.on(f"POST {REQUEST}/cancel_merge_when_pipeline_succeeds")
def merge_cancelled(call: Call) -> Response:
    """Have a merge request merged by people only."""
    request = call.change_request
    if request.auto_merge is None:
        raise RefusalError(Why.NO_QUEUE, "Can't cancel the automatic merge")
    disable_auto_merge(call.actor, request)
    return Response(201, shapes.whole_merge_request(request, call))
