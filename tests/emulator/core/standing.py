"""How a change request stands: what its checks and reviews say, and what blocks its merge."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum

from tests.emulator.core.model import (
    ChangeRequest,
    Check,
    CommitStatus,
    Repository,
    Review,
    State,
    Verdict,
)
from tests.emulator.core.refusal import RefusalError, Why

GOOD = {"success", "neutral", "skipped"}
"""Conclusions of checks that block nothing."""


class MergeState(Enum):
    """GitHub's words for whether a change request can be merged."""

    UNKNOWN = "unknown"
    DRAFT = "draft"
    DIRTY = "dirty"
    BLOCKED = "blocked"
    BEHIND = "behind"
    UNSTABLE = "unstable"
    CLEAN = "clean"


class Outcome(Enum):
    """What a check has come to."""

    PENDING = "pending"
    FAILED = "failure"
    PASSED = "success"


def newest_checks(repository: Repository, sha: str) -> list[Check]:
    """Return a commit's checks, the newest of each name."""
    return list({check.name: check for check in repository.checks if check.sha == sha}.values())


def newest_statuses(repository: Repository, sha: str) -> list[CommitStatus]:
    """Return a commit's statuses, the newest of each context."""
    of_sha = (status for status in repository.statuses if status.sha == sha)
    return list({status.context: status for status in of_sha}.values())


def outcomes(repository: Repository, sha: str) -> dict[str, Outcome]:
    """Return what each check and status of a commit has come to, by name."""
    found = {check.name: _of_check(check) for check in newest_checks(repository, sha)}
    for status in newest_statuses(repository, sha):
        found[status.context] = _of_status(status)
    return found


def _of_check(check: Check) -> Outcome:
    if check.status != "completed":
        return Outcome.PENDING
    return Outcome.PASSED if check.conclusion in GOOD else Outcome.FAILED


def _of_status(status: CommitStatus) -> Outcome:
    if status.state == "pending":
        return Outcome.PENDING
    return Outcome.PASSED if status.state == "success" else Outcome.FAILED


def rollup(repository: Repository, sha: str) -> Outcome | None:
    """Return what all checks of a commit come to; None where it has none."""
    return _worst(set(outcomes(repository, sha).values()))


def outcome_of_statuses(statuses: Iterable[CommitStatus]) -> Outcome | None:
    """Return what these come to; None where there are none."""
    return _worst({_of_status(status) for status in statuses})


def _worst(found: Collection[Outcome]) -> Outcome | None:
    order = (Outcome.FAILED, Outcome.PENDING, Outcome.PASSED)
    return next((each for each in order if each in found), None)


def verdicts(request: ChangeRequest) -> list[Review]:
    """Return each person's last review that counts."""
    counting = (Verdict.APPROVED, Verdict.CHANGES_REQUESTED, Verdict.DISMISSED)
    last = {review.author.login: review for review in request.reviews if review.verdict in counting}
    return [review for review in last.values() if review.verdict is not Verdict.DISMISSED]


def latest_reviews(request: ChangeRequest) -> list[Review]:
    """Return each person's last review that is submitted."""
    submitted = (each for each in request.reviews if each.verdict is not Verdict.PENDING)
    return list({review.author.login: review for review in submitted}.values())


def decision(repository: Repository, request: ChangeRequest) -> str | None:
    """Return GitHub's word for where the reviews stand; None where none are asked for."""
    given = [review.verdict for review in verdicts(request)]
    if Verdict.CHANGES_REQUESTED in given:
        return "CHANGES_REQUESTED"
    wanted = repository.protection_of(request.base_branch).approvals
    if not wanted and not given:
        return None
    approved = given.count(Verdict.APPROVED) >= max(wanted, 1)
    return "APPROVED" if approved else "REVIEW_REQUIRED"


def mergeability(repository: Repository, request: ChangeRequest) -> bool | None:
    """Return whether there is no conflict, None where the forge does not know yet."""
    if request.state is not State.OPEN:
        return None
    if request.undecided > 0:
        request.undecided -= 1
        return None
    return merges_cleanly(repository, request)


def merges_cleanly(repository: Repository, request: ChangeRequest) -> bool:
    """Tell whether head and base have no conflict."""
    base = repository.bare.resolve(f"refs/heads/{request.base_branch}") or request.base
    return repository.bare.merged_tree(base, request.head) is not None


def blockers(repository: Repository, request: ChangeRequest) -> list[RefusalError]:
    """Return all that stands in the way of a merge now, the first of which is told."""
    if request.state is not State.OPEN:
        return [RefusalError(Why.NOT_OPEN, "Pull Request is not mergeable")]
    found: list[RefusalError] = []
    if request.draft:
        found.append(RefusalError(Why.DRAFT, "Pull Request is still a draft"))
    if not merges_cleanly(repository, request):
        found.append(RefusalError(Why.CONFLICT, "Pull Request is not mergeable"))
    return [*found, *_asked_by_protection(repository, request)]


def _asked_by_protection(repository: Repository, request: ChangeRequest) -> list[RefusalError]:
    asked = repository.protection_of(request.base_branch)
    found: list[RefusalError] = []
    known = outcomes(repository, request.head)
    for name in asked.checks:
        if known.get(name) is not Outcome.PASSED:
            word = {Outcome.PENDING: "pending", Outcome.FAILED: "failing"}.get(
                known.get(name, Outcome.PASSED), "expected"
            )
            message = f'Required status check "{name}" is {word}.'
            found.append(RefusalError(Why.CHECKS, message))
    given = [review.verdict for review in verdicts(request)]
    if asked.approvals and Verdict.CHANGES_REQUESTED in given:
        message = "Changes were requested by a reviewer with write access."
        found.append(RefusalError(Why.APPROVALS, message))
    if given.count(Verdict.APPROVED) < asked.approvals:
        some = "approving review is" if asked.approvals == 1 else "approving reviews are"
        message = f"At least {asked.approvals} {some} required by reviewers with write access."
        found.append(RefusalError(Why.APPROVALS, message))
    if asked.conversations and any(thread.resolved_by is None for thread in request.threads):
        found.append(RefusalError(Why.CONVERSATIONS, "All comments must be resolved."))
    if asked.strict and is_behind(repository, request):
        message = "The head branch is not up to date with the base branch."
        found.append(RefusalError(Why.BEHIND, message))
    return found


def is_behind(repository: Repository, request: ChangeRequest) -> bool:
    """Tell whether the base branch has commits that the head has not."""
    base = repository.bare.resolve(f"refs/heads/{request.base_branch}") or request.base
    return not repository.bare.is_ancestor(base, request.head)


def merge_state(repository: Repository, request: ChangeRequest) -> MergeState:
    """Return GitHub's word for whether it can be merged."""
    if request.state is not State.OPEN or request.undecided > 0:
        return MergeState.UNKNOWN
    why = {each.why for each in blockers(repository, request)}
    first = (
        (Why.CONFLICT, MergeState.DIRTY),
        (Why.DRAFT, MergeState.DRAFT),
        (Why.CHECKS, MergeState.BLOCKED),
        (Why.APPROVALS, MergeState.BLOCKED),
        (Why.CONVERSATIONS, MergeState.BLOCKED),
        (Why.BEHIND, MergeState.BEHIND),
    )
    for kind, word in first:
        if kind in why:
            return word
    failing = rollup(repository, request.head) in (Outcome.FAILED, Outcome.PENDING)
    return MergeState.UNSTABLE if failing else MergeState.CLEAN
