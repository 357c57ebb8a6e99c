"""Reviews, the people who are asked for them, and the threads about lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.emulator.core.hub import Actor, checked_body
from tests.emulator.core.model import (
    ChangeRequest,
    Remark,
    Repository,
    Review,
    State,
    Thread,
    User,
    Verdict,
)
from tests.emulator.core.refusal import RefusalError, Why

HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@dataclass(frozen=True)
class Line:
    """Where a thread is to be, None where on the whole request; ``text`` begins it."""

    path: str | None
    line: int | None
    text: str
    start_line: int | None = None
    side: str = "RIGHT"


def ask_for_review(by: Actor, request: ChangeRequest, logins: Sequence[str]) -> None:
    """Ask people for a review; all of them or none."""
    repository = by.repository
    known = {user.login.lower(): user for user in repository.collaborators}
    for login in logins:
        if login.lower() == request.author.login.lower():
            message = "Review cannot be requested from pull request author."
            raise RefusalError(Why.OWN, message)
        if login.lower() not in known:
            message = (
                "Reviews may only be requested from collaborators. One or more of the users or"
                f" teams you specified is not a collaborator of the {repository.slug} repository."
            )
            raise RefusalError(Why.STRANGER, message)
    for login in logins:
        user = known[login.lower()]
        if user not in request.reviewers:
            request.reviewers.append(user)
            by.note("review_requested", request, reviewer=user.login)


def unask_for_review(request: ChangeRequest, logins: Sequence[str]) -> None:
    """Ask people no longer."""
    gone = {login.lower() for login in logins}
    request.reviewers = [each for each in request.reviewers if each.login.lower() not in gone]


def review(  # noqa: PLR0913 - what a review consists of
    by: Actor,
    request: ChangeRequest,
    verdict: Verdict,
    body: str = "",
    *,
    lines: Sequence[Line] = (),
    commit: str | None = None,
) -> Review:
    """Add a review with its threads; a pending one is shown to nobody else until submitted."""
    _require_sense(request, by.user, verdict, body, has_lines=bool(lines))
    made = Review(
        by.hub.next_id(),
        by.user,
        verdict,
        checked_body(body),
        commit or request.head,
        by.hub.clock(),
    )
    for line in lines:
        _require_line(by.repository, request, line)
    request.reviews.append(made)
    for line in lines:
        _begin_thread(by, request, made, line)
    request.reviewers = [each for each in request.reviewers if each != by.user]
    by.note("reviewed", request, verdict=verdict.value)
    return made


def submit(by: Actor, request: ChangeRequest, pending: Review, verdict: Verdict, body: str) -> None:
    """Let a pending review be seen."""
    if pending.verdict is not Verdict.PENDING:
        raise RefusalError(Why.INVALID, "Could not submit a review that is not pending")
    _require_sense(request, pending.author, verdict, body, has_lines=True)
    pending.verdict, pending.body, pending.submitted = verdict, body or pending.body, by.hub.clock()
    by.note("reviewed", request, verdict=verdict.value)


def dismiss(by: Actor, request: ChangeRequest, of: Review) -> None:
    """Make a verdict count no more."""
    if of.verdict not in (Verdict.APPROVED, Verdict.CHANGES_REQUESTED):
        message = "Can not dismiss a commented pull request review"
        raise RefusalError(Why.INVALID, message)
    of.verdict = Verdict.DISMISSED
    by.note("review_dismissed", request)


def reply(by: Actor, request: ChangeRequest, thread: Thread, body: str) -> Remark:
    """Add a remark to a thread; as on GitHub, a review without a word comes with it."""
    now = by.hub.clock()
    carrier = Review(by.hub.next_id(), by.user, Verdict.COMMENTED, "", request.head, now)
    request.reviews.append(carrier)
    made = Remark(by.hub.next_id(), by.user, checked_body(body), now, now, review=carrier.id)
    thread.remarks.append(made)
    by.note("review_commented", request, thread=thread.id)
    return made


def resolve(by: Actor, request: ChangeRequest, thread: Thread, *, is_resolved: bool) -> None:
    """Resolve a thread, or open it again."""
    thread.resolved_by = by.user if is_resolved else None
    by.note("thread_resolved" if is_resolved else "thread_unresolved", request, thread=thread.id)


def seen_reviews(request: ChangeRequest, by: User) -> list[Review]:
    """Return the reviews that an account sees: pending ones are their author's."""
    pending = Verdict.PENDING
    return [each for each in request.reviews if each.verdict is not pending or each.author == by]


def thread_of(request: ChangeRequest, remark: int) -> Thread:
    """Return the thread that has a remark."""
    for thread in request.threads:
        if any(each.id == remark for each in thread.remarks):
            return thread
    raise RefusalError(Why.NOT_FOUND, "Not Found")


def is_outdated(repository: Repository, request: ChangeRequest, thread: Thread) -> bool:
    """Tell whether the file of a thread has changed since."""
    if thread.commit == request.head:
        return False
    files = repository.bare.git("diff", "--name-only", thread.commit, request.head).splitlines()
    return thread.path in files


def _begin_thread(by: Actor, request: ChangeRequest, of: Review, line: Line) -> None:
    now = by.hub.clock()
    made = Thread(
        by.hub.next_id(), line.path or "", line.line, of.commit, line.start_line, line.side
    )
    made.remarks.append(
        Remark(by.hub.next_id(), of.author, checked_body(line.text), now, now, review=of.id)
    )
    request.threads.append(made)


def _require_sense(
    request: ChangeRequest, by: User, verdict: Verdict, body: str, *, has_lines: bool
) -> None:
    if request.state is State.MERGED and verdict in (Verdict.APPROVED, Verdict.CHANGES_REQUESTED):
        raise RefusalError(Why.NOT_OPEN, "Can not review a merged pull request")
    if by == request.author and verdict in (Verdict.APPROVED, Verdict.CHANGES_REQUESTED):
        act = "approve" if verdict is Verdict.APPROVED else "request changes on"
        raise RefusalError(Why.OWN, f"Can not {act} your own pull request")
    silent = verdict in (Verdict.CHANGES_REQUESTED, Verdict.COMMENTED) and not body
    if silent and not has_lines:
        raise RefusalError(Why.INVALID, "Body can't be blank", "body")


def _require_line(repository: Repository, request: ChangeRequest, line: Line) -> None:
    if not line.text:
        raise RefusalError(Why.INVALID, "body can't be blank", "body")
    if line.path is None:
        return
    files = repository.bare.changed_files(request.base, request.head)
    patch = next((file.patch for file in files if file.path == line.path), None)
    if patch is None:
        message = "path could not be resolved"
        raise RefusalError(Why.INVALID, message, "pull_request_review_thread.path")
    if line.line is not None and not _is_in(patch, line.line, line.side):
        message = "pull_request_review_thread.line must be part of the diff"
        raise RefusalError(Why.INVALID, message, "pull_request_review_thread.line")


def _is_in(patch: str, line: int, side: str) -> bool:
    """Tell whether a hunk has a line of the new (``RIGHT``) or the old file."""
    for hunk in HUNK.finditer(patch):
        first, count = hunk.group(3, 4) if side == "RIGHT" else hunk.group(1, 2)
        if int(first) <= line < int(first) + int(count or 1):
            return True
    return False
