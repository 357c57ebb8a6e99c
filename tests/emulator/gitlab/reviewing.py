"""GitLab's approvals, reviewers, discussions and notes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from tests.emulator.core.discussing import comment, edit_comment
from tests.emulator.core.model import (
    ChangeRequest,
    Comment,
    Issue,
    Remark,
    Thread,
    User,
    Verdict,
)
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.reviewing import Line, dismiss, reply, resolve, review
from tests.emulator.core.standing import verdicts
from tests.emulator.gitlab import shapes
from tests.emulator.gitlab.call import PROJECT, REQUEST, Call, GitLabRoutes
from tests.emulator.wire.http import Response

ROUTES = GitLabRoutes()
STATES = {
    Verdict.APPROVED: "approved",
    Verdict.CHANGES_REQUESTED: "requested_changes",
    Verdict.COMMENTED: "reviewed",
}


@dataclass(frozen=True)
class Discussion:
    """A thread of notes, or a note by itself."""

    id: str
    notes: tuple[Comment, ...]
    thread: Thread | None = None


def discussions(of: Issue) -> list[Discussion]:
    """Return all that was said, oldest first."""
    found = [Discussion(_hash(each.id), (each,)) for each in of.comments]
    if isinstance(of, ChangeRequest):
        found += [Discussion(_hash(each.id), tuple(each.remarks), each) for each in of.threads]
    return sorted(found, key=lambda each: each.notes[0].id)


def _hash(number: int) -> str:
    return hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()


def note_shape(of: Comment, thread: Thread | None, call: Call) -> dict[str, Any]:
    """Return a note."""
    on = call.issue
    kind = "MergeRequest" if isinstance(on, ChangeRequest) else "Issue"
    shown: dict[str, Any] = {
        "id": of.id,
        "type": None,
        "body": of.body,
        "author": shapes.user(of.author, call),
        "created_at": shapes.time(of.created),
        "updated_at": shapes.time(of.updated),
        "system": False,
        "noteable_id": on.id,
        "noteable_type": kind,
        "noteable_iid": on.number,
        "project_id": call.repository.id,
        "resolvable": thread is not None,
    }
    if thread is None:
        return shown
    resolution = {
        "resolved": thread.resolved_by is not None,
        "resolved_by": shapes.maybe_user(thread.resolved_by, call),
    }
    if not thread.path:
        return {**shown, **resolution, "type": "DiscussionNote"}
    position = _position(call.change_request, thread)
    return {**shown, **resolution, "type": "DiffNote", "position": position}


def _position(of: ChangeRequest, thread: Thread) -> dict[str, Any]:
    is_old = thread.side == "LEFT"
    return {
        "base_sha": of.base,
        "start_sha": of.base,
        "head_sha": thread.commit,
        "old_path": thread.path,
        "new_path": thread.path,
        "position_type": "text",
        "old_line": thread.line if is_old else None,
        "new_line": None if is_old else thread.line,
    }


def discussion_shape(of: Discussion, call: Call) -> dict[str, Any]:
    """Return a discussion with its notes."""
    notes = [note_shape(each, of.thread, call) for each in of.notes]
    return {"id": of.id, "individual_note": of.thread is None, "notes": notes}


@ROUTES.on(f"GET {REQUEST}/discussions")
def discussions_listed(call: Call) -> Response:
    """List the discussions, oldest first."""
    return call.page(discussions(call.change_request), lambda each: discussion_shape(each, call))


@ROUTES.on(f"POST {REQUEST}/discussions")
def discussion_begun(call: Call) -> Response:
    """Begin a thread, about a line where a position says so."""
    request = call.change_request
    body, position = call.given.get("body") or "", call.given.get("position")
    if not body:
        raise RefusalError(Why.INVALID, "body is missing")
    line = Line(None, None, body) if position is None else _line(position, body, request)
    review(call.actor, request, Verdict.COMMENTED, lines=[line])
    made = request.threads[-1]
    shown = Discussion(_hash(made.id), tuple(made.remarks), made)
    return Response(201, discussion_shape(shown, call))


def _line(position: dict[str, Any], body: str, request: ChangeRequest) -> Line:
    for name in ("base_sha", "start_sha", "head_sha", "position_type"):
        if not position.get(name):
            raise RefusalError(Why.INVALID, f"position[{name}] is missing")
    if position["head_sha"] != request.head:
        raise RefusalError(Why.INVALID, "line_code can't be blank")
    new, old = position.get("new_line"), position.get("old_line")
    side = "LEFT" if new is None else "RIGHT"
    return Line(position.get("new_path", ""), old if new is None else new, body, side=side)


@ROUTES.on(f"POST {REQUEST}/discussions/{{discussion}}/notes")
def replied(call: Call) -> Response:
    """Reply in a thread."""
    thread = _thread(call)
    made: Remark = reply(call.actor, call.change_request, thread, call.given.get("body") or "")
    return Response(201, note_shape(made, thread, call))


@ROUTES.on(f"PUT {REQUEST}/discussions/{{discussion}}")
def settled(call: Call) -> Response:
    """Resolve a thread, or open it again."""
    thread = _thread(call)
    resolve(call.actor, call.change_request, thread, is_resolved=call.flag("resolved"))
    shown = Discussion(_hash(thread.id), tuple(thread.remarks), thread)
    return Response(200, discussion_shape(shown, call))


def _thread(call: Call) -> Thread:
    for each in discussions(call.change_request):
        if each.id == call.params["discussion"] and each.thread is not None:
            return each.thread
    raise RefusalError(Why.NOT_FOUND, "404 Discussion Not Found")


def _noteable(call: Call) -> Issue:
    """Return what the path says that the notes are on."""
    found = call.issue
    if call.params["kind"] != ("merge_requests" if isinstance(found, ChangeRequest) else "issues"):
        raise RefusalError(Why.NOT_FOUND, "404 Not found")
    return found


def _notes(of: Issue) -> list[tuple[Comment, Thread | None]]:
    return [(note, each.thread) for each in discussions(of) for note in each.notes]


@ROUTES.on(f"GET {PROJECT}/{{kind}}/{{number}}/notes")
def notes(call: Call) -> Response:
    """List the notes of an issue or merge request, those of threads too; newest first."""
    found = sorted(_notes(_noteable(call)), key=lambda pair: pair[0].id)
    if call.request.query.get("sort", "desc") == "desc":
        found.reverse()
    return call.page(found, lambda pair: note_shape(*pair, call))


@ROUTES.on(f"POST {PROJECT}/{{kind}}/{{number}}/notes")
def noted(call: Call) -> Response:
    """Add a note by itself."""
    body = call.given.get("body") or ""
    if not body:
        raise RefusalError(Why.INVALID, "body is missing")
    return Response(201, note_shape(comment(call.actor, _noteable(call), body), None, call))


@ROUTES.on(f"PUT {PROJECT}/{{kind}}/{{number}}/notes/{{id}}")
def note_edited(call: Call) -> Response:
    """Change a note."""
    found, thread = _note(call)
    edit_comment(call.actor, call.issue, found, call.given.get("body") or "")
    return Response(200, note_shape(found, thread, call))


@ROUTES.on(f"DELETE {PROJECT}/{{kind}}/{{number}}/notes/{{id}}")
def note_deleted(call: Call) -> Response:
    """Delete a note by itself."""
    call.issue.comments.remove(_note(call)[0])
    return Response(204)


def _note(call: Call) -> tuple[Comment, Thread | None]:
    for pair in _notes(_noteable(call)):
        if pair[0].id == call.id():
            return pair
    raise RefusalError(Why.NOT_FOUND, "404 Note Not Found")


def approvals_shape(call: Call) -> dict[str, Any]:
    """Return who has approved, and how many are still to do so."""
    request = call.change_request
    by = _approvers(request)
    wanted = call.repository.protection_of(request.base_branch).approvals
    return {
        "iid": request.number,
        "approved": len(by) >= wanted,
        "approvals_required": wanted,
        "approvals_left": max(0, wanted - len(by)),
        "approved_by": [{"user": shapes.user(each, call)} for each in by],
        "user_has_approved": call.user in by,
        "user_can_approve": call.user != request.author and call.user not in by,
    }


def _approvers(of: ChangeRequest) -> list[User]:
    return [each.author for each in verdicts(of) if each.verdict is Verdict.APPROVED]


@ROUTES.on(f"GET {REQUEST}/approvals")
def approvals(call: Call) -> Response:
    """Show the approvals."""
    return Response(200, approvals_shape(call))


@ROUTES.on(f"POST {REQUEST}/approve")
def approved(call: Call) -> Response:
    """Approve, once, and what was seen where a sha says what that is."""
    request = call.change_request
    if call.given.get("sha") not in (None, request.head):
        message = f"SHA does not match HEAD of source branch: {request.head}"
        raise RefusalError(Why.HEAD_MOVED, message)
    if call.user in _approvers(request):
        raise RefusalError(Why.OWN, "Unauthorized")
    review(call.actor, request, Verdict.APPROVED)
    return Response(201, approvals_shape(call))


@ROUTES.on(f"POST {REQUEST}/unapprove")
def unapproved(call: Call) -> Response:
    """Take an approval back."""
    request = call.change_request
    own = [each for each in verdicts(request) if each.author == call.user]
    for each in own:
        dismiss(call.actor, request, each)
    if not own:
        raise RefusalError(Why.NOT_FOUND, "404 Not Found")
    return Response(201, approvals_shape(call))


@ROUTES.on(f"GET {REQUEST}/reviewers")
def reviewers(call: Call) -> Response:
    """List the reviewers, asked or not, and what each said last."""
    request = call.change_request
    said = {each.author: each for each in request.reviews if each.verdict in STATES}
    waiting = dict.fromkeys(request.reviewers, "unreviewed")
    states = {who: STATES[each.verdict] for who, each in said.items() if who != request.author}
    found = list({**states, **waiting}.items())
    return call.page(found, lambda pair: {"user": shapes.user(pair[0], call), "state": pair[1]})
