"""Checks and statuses of commits, as CI gives them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.emulator.core.hub import Actor
from tests.emulator.core.model import Annotation, Check, CommitStatus, Repository, Step
from tests.emulator.core.refusal import RefusalError, Why

CONCLUSIONS = {
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "success",
    "skipped",
    "stale",
    "timed_out",
}
STATES = {"error", "failure", "pending", "success"}


def add_check(  # noqa: PLR0913 - what CI says of a commit, each part of it optional
    by: Actor,
    sha: str,
    name: str,
    conclusion: str | None = None,
    *,
    status: str | None = None,
    log: str = "",
    steps: Sequence[Step] = (),
    annotations: Sequence[Annotation] = (),
) -> Check:
    """Add a run of a check to a commit; with a conclusion it is completed."""
    found = by.repository.bare.resolve(sha)
    if found is None:
        raise RefusalError(Why.NOT_FOUND, f"No commit found for SHA: {sha}")
    made = Check(by.hub.next_id(), found, name, by.hub.clock(), log=log)
    made.suite = by.hub.next_id()
    made.steps, made.annotations = tuple(steps), tuple(annotations)
    by.repository.checks.append(made)
    advance(by, made, status or ("queued" if conclusion is None else "completed"), conclusion)
    return made


def advance(by: Actor, check: Check, status: str, conclusion: str | None = None) -> None:
    """Put a check into a status; one with a conclusion is completed."""
    if conclusion is not None:
        if conclusion not in CONCLUSIONS:
            raise RefusalError(Why.INVALID, f"{conclusion} is not a conclusion", "conclusion")
        status = "completed"
    elif status == "completed":
        raise RefusalError(Why.INVALID, "a completed check needs a conclusion", "conclusion")
    check.status, check.conclusion = status, conclusion
    if status != "queued":
        check.started = check.started or by.hub.clock()
    check.completed = by.hub.clock() if status == "completed" else None


def add_status(  # noqa: PLR0913 - what a status consists of
    by: Actor,
    sha: str,
    context: str,
    state: str,
    *,
    description: str | None = None,
    url: str | None = None,
) -> CommitStatus:
    """Give a commit a status."""
    found = by.repository.bare.resolve(sha)
    if found is None:
        raise RefusalError(Why.INVALID, f"No commit found for SHA: {sha}")
    if state not in STATES:
        raise RefusalError(Why.INVALID, f"{state} is not a state", "state")
    made = CommitStatus(
        by.hub.next_id(), found, context, state, description, url, by.user, by.hub.clock()
    )
    by.repository.statuses.append(made)
    return made


def check_of(repository: Repository, number: int) -> Check:
    """Return a check by its id."""
    for check in repository.checks:
        if check.id == number:
            return check
    raise RefusalError(Why.NOT_FOUND, "Not Found")
