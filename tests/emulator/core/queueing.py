"""Auto-merge and merge queues: what is merged later, when nothing stands in its way any more."""

from __future__ import annotations

from tests.emulator.core.hub import Actor
from tests.emulator.core.merging import Merge, put_into_base
from tests.emulator.core.model import (
    AutoMerge,
    ChangeRequest,
    Method,
    QueueEntry,
    Repository,
    State,
)
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.standing import MergeState, blockers, merge_state


def enable_auto_merge(
    by: Actor, request: ChangeRequest, method: Method, head: str | None = None
) -> None:
    """Have a request merged when nothing blocks it any more; where there is a queue, queued.

    A queue says by itself how it merges. Its clients send the default method all the same, so that
    is taken; another one is refused.
    """
    _require_open(request, head)
    queue = by.repository.protection_of(request.base_branch).queue
    if queue is not None and method not in (Method.MERGE, queue):
        message = f"The merge strategy for {request.base_branch} is set by the merge queue"
        raise RefusalError(Why.QUEUED, message)
    if not by.repository.auto_merge:
        raise RefusalError(Why.METHOD, "Auto merge is not allowed for this repository")
    state = merge_state(by.repository, request)
    if state is MergeState.CLEAN:
        if queue is None:
            raise RefusalError(Why.CLEAN, "Pull request is in clean status")
        enqueue(by, request, head)
        return
    if state is MergeState.DIRTY:
        raise RefusalError(Why.CONFLICT, "Pull request is in dirty status")
    request.auto_merge = AutoMerge(method, by.user, by.hub.clock(), head)
    by.note("auto_merge_enabled", request)


def disable_auto_merge(by: Actor, request: ChangeRequest) -> None:
    """Have a request merged by people only."""
    if request.auto_merge is None:
        raise RefusalError(Why.INVALID, "Can't disable auto-merge for this pull request.")
    request.auto_merge = None
    by.note("auto_merge_disabled", request)


def enqueue(by: Actor, request: ChangeRequest, head: str | None = None) -> QueueEntry:
    """Put a request at the end of the queue of its base branch."""
    _require_open(request, head)
    if by.repository.protection_of(request.base_branch).queue is None:
        message = f"Merge queue is not enabled for {request.base_branch}"
        raise RefusalError(Why.NO_QUEUE, message)
    if request.queued is not None:
        raise RefusalError(Why.QUEUED, "Pull request is already in the queue")
    for blocker in blockers(by.repository, request):
        raise blocker
    request.auto_merge = None
    request.queued = QueueEntry(by.hub.next_id(), by.user, by.hub.clock())
    by.note("added_to_merge_queue", request)
    return request.queued


def dequeue(by: Actor, request: ChangeRequest) -> QueueEntry:
    """Take a request out of its queue."""
    entry = request.queued
    if entry is None:
        raise RefusalError(Why.NO_QUEUE, "Pull request is not in the queue")
    request.queued = None
    by.note("removed_from_merge_queue", request)
    return entry


def queue_of(repository: Repository, branch: str) -> list[ChangeRequest]:
    """Return the requests that are queued for a branch, the next one first."""
    queued = [
        (request.queued.id, request)
        for request in repository.requests
        if request.queued is not None and request.base_branch == branch
    ]
    return [request for _, request in sorted(queued, key=lambda pair: pair[0])]


def advance_queue(by: Actor, branch: str) -> ChangeRequest | None:
    """Let the queue of a branch do its next step, and return the request that it was about.

    The first request is merged, or falls out of the queue where something blocks it by now. That
    the queue's own checks end, which takes a forge a while, is for the test to say by this.
    """
    queued = queue_of(by.repository, branch)
    if not queued:
        return None
    request = queued[0]
    if blockers(by.repository, request):
        dequeue(by, request)
    else:
        method = by.repository.protection_of(branch).queue or Method.MERGE
        put_into_base(by, request, Merge(method))
    return request


def _require_open(request: ChangeRequest, head: str | None) -> None:
    if request.state is not State.OPEN:
        raise RefusalError(Why.NOT_OPEN, "Pull request is not open")
    if head is not None and head != request.head:
        raise RefusalError(Why.HEAD_MOVED, "Head branch was modified. Review and try again.")
