"""Brings change requests up to date with the bare repository, to which people push by themselves.

As on GitHub, a push moves the head of an open request, one whose head came into its base is merged
by that, and one whose branch was deleted, or has no commit of its own any more, is closed. One
whose base was merged itself and deleted is for that one's base from then on.
"""

from __future__ import annotations

from tests.emulator.core.bare import Bare
from tests.emulator.core.hub import Actor, Hub
from tests.emulator.core.merging import Merge, mark_merged, merge
from tests.emulator.core.model import AutoMerge, ChangeRequest, Repository, State, Verdict
from tests.emulator.core.opening import close
from tests.emulator.core.queueing import enqueue
from tests.emulator.core.refusal import RefusalError
from tests.emulator.core.standing import MergeState, merge_state


def sync(hub: Hub, repository: Repository) -> None:
    """Take over what was pushed, then merge what was only waiting for its checks and reviews."""
    if hub.is_replica:
        return
    heads = repository.bare.heads()
    for request in repository.requests:
        if request.state is State.OPEN:
            _sync_one(Actor(hub, repository, request.author), request, heads)
    for request in repository.requests:
        if request.state is State.OPEN and request.auto_merge is not None:
            by = Actor(hub, repository, request.auto_merge.by)
            _merge_by_itself(by, request, request.auto_merge)


def _sync_one(by: Actor, request: ChangeRequest, heads: dict[str, str]) -> None:
    if request.base_branch not in heads:
        _retarget(by, request, heads)
    head, base = heads.get(request.head_branch), heads.get(request.base_branch)
    if base is None:
        close(by, request)
        return
    if head is not None and head != request.head:
        _move_head(by, request, head)
    if base != request.base:
        if by.repository.bare.is_ancestor(request.head, base):
            commit = _arrival(by.repository.bare, request.head, base)
            mark_merged(by, request, commit)
            return
        request.base = base
    if head is None or not by.repository.bare.between(base, head):
        close(by, request)


def _retarget(by: Actor, request: ChangeRequest, heads: dict[str, str]) -> None:
    for other in by.repository.requests:
        is_base = (other.head_branch, other.state) == (request.base_branch, State.MERGED)
        if is_base and other.base_branch in heads:
            request.base_branch = other.base_branch
            by.note("automatic_base_change_succeeded", request)
            return


def _move_head(by: Actor, request: ChangeRequest, head: str) -> None:
    repository = by.repository
    forced = not repository.bare.is_ancestor(request.head, head)
    before, request.head = request.head, head
    repository.bare.publish(request.number, head)
    request.queued = None
    if repository.protection_of(request.base_branch).dismiss_stale:
        for review in request.reviews:
            if review.verdict is Verdict.APPROVED:
                review.verdict = Verdict.DISMISSED
    kind = "head_ref_force_pushed" if forced else "synchronize"
    by.note(kind, request, before=before, after=head)


def _arrival(bare: Bare, head: str, base: str) -> str:
    """Return the first commit of the base branch that has ``head``."""
    path = ("--ancestry-path", "--first-parent", "--reverse", f"{head}..{base}")
    return next(iter(bare.git("rev-list", *path).split()), head)


def _merge_by_itself(by: Actor, request: ChangeRequest, wanted: AutoMerge) -> None:
    if merge_state(by.repository, request) not in (MergeState.CLEAN, MergeState.UNSTABLE):
        return
    request.auto_merge = None
    try:
        if by.repository.protection_of(request.base_branch).queue is None:
            merge(by, request, Merge(wanted.method, wanted.head))
        else:
            enqueue(by, request, wanted.head)
    except RefusalError:
        by.note("auto_merge_disabled", request)
