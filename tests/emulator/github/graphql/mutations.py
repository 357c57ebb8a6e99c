"""The GraphQL mutations of change requests themselves: each returns its payload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.emulator.core.discussing import add_labels
from tests.emulator.core.hub import Actor
from tests.emulator.core.merging import Merge, merge, update_branch
from tests.emulator.core.model import ChangeRequest, Method, QueueEntry, Repository
from tests.emulator.core.opening import (
    Edit,
    Proposal,
    close,
    edit,
    open_request,
    reopen,
    set_draft,
)
from tests.emulator.core.queueing import dequeue, disable_auto_merge, enable_auto_merge, enqueue
from tests.emulator.github.graphql import nodes
from tests.emulator.github.graphql.connection import Node
from tests.emulator.github.graphql.pull_requests import queue_entry
from tests.emulator.github.graphql.repositories import item
from tests.emulator.github.graphql.world import World, user

Input = Mapping[str, Any]


def create(world: World, given: Input) -> Node:
    """Open a change request."""
    repository = nodes.repository_by(world, given["repository_id"])
    proposal = Proposal(
        title=given["title"],
        body=given.get("body"),
        head=given["head_ref_name"],
        base=given["base_ref_name"],
        draft=bool(given.get("draft")),
    )
    return payload(world, repository, open_request(world.actor(repository), proposal))


def update(world: World, given: Input) -> Node:
    """Change title, body, base, state, labels or assignees."""
    repository, request = nodes.request_by(world, given["pull_request_id"])
    by = world.actor(repository)
    edit(by, request, Edit(given.get("title"), given.get("body"), given.get("base_ref_name")))
    if given.get("label_ids") is not None:
        request.labels.clear()
        names = [nodes.label_by(world, each).name for each in given["label_ids"]]
        add_labels(by, request, names)
    if given.get("assignee_ids") is not None:
        request.assignees = [nodes.user_by(world, each) for each in given["assignee_ids"]]
    if given.get("state") is not None:
        (reopen if given["state"] == "OPEN" else close)(by, request)
    return payload(world, repository, request)


def on_request(act: Callable[[Actor, ChangeRequest], object]) -> Callable[[World, Input], Node]:
    """Return the mutation that does something with the request that its input names."""

    def mutation(world: World, given: Input) -> Node:
        repository, request = nodes.request_by(world, given["pull_request_id"])
        act(world.actor(repository), request)
        return payload(world, repository, request)

    return mutation


def merge_now(world: World, given: Input) -> Node:
    """Merge a change request."""
    repository, request = nodes.request_by(world, given["pull_request_id"])
    how = Merge(
        method=_method(given),
        head=given.get("expected_head_oid"),
        title=given.get("commit_headline"),
        message=given.get("commit_body"),
    )
    merge(world.actor(repository), request, how)
    return payload(world, repository, request)


def merge_later(world: World, given: Input) -> Node:
    """Have a change request merged, or queued, when nothing blocks it any more."""
    repository, request = nodes.request_by(world, given["pull_request_id"])
    head = given.get("expected_head_oid")
    enable_auto_merge(world.actor(repository), request, _method(given), head)
    return payload(world, repository, request)


def bring_up_to_date(world: World, given: Input) -> Node:
    """Merge the base branch into the head branch."""
    repository, request = nodes.request_by(world, given["pull_request_id"])
    head = given.get("expected_head_oid")
    update_branch(world.actor(repository), request, head)
    return payload(world, repository, request)


def put_into_queue(world: World, given: Input) -> Node:
    """Queue a change request."""
    repository, request = nodes.request_by(world, given["pull_request_id"])
    enqueue(world.actor(repository), request, given.get("expected_head_oid"))
    return {"mergeQueueEntry": queue_entry(world, repository, request)}


def take_out_of_queue(world: World, given: Input) -> Node:
    """Take a change request, or the entry of one, out of its queue."""
    if given["id"].startswith("MQE_"):
        repository, found, _ = nodes.located(world, given["id"], QueueEntry)
    else:
        repository, found = nodes.request_by(world, given["id"])
    request = repository.items[found.number]
    assert isinstance(request, ChangeRequest)
    entry = queue_entry(world, repository, request)
    dequeue(world.actor(repository), request)
    return {"mergeQueueEntry": entry}


def payload(world: World, repository: Repository, request: ChangeRequest) -> Node:
    """Return the payload that most mutations of change requests have."""
    shown = item(world, repository, request)
    return {"actor": user(world, world.viewer), "pullRequest": shown}


def _method(given: Input) -> Method:
    return Method((given.get("merge_method") or "MERGE").lower())


MUTATIONS: dict[str, Callable[[World, Input], Node]] = {
    "createPullRequest": create,
    "updatePullRequest": update,
    "closePullRequest": on_request(close),
    "reopenPullRequest": on_request(reopen),
    "markPullRequestReadyForReview": on_request(lambda by, of: set_draft(by, of, draft=False)),
    "convertPullRequestToDraft": on_request(lambda by, of: set_draft(by, of, draft=True)),
    "mergePullRequest": merge_now,
    "enablePullRequestAutoMerge": merge_later,
    "disablePullRequestAutoMerge": on_request(disable_auto_merge),
    "updatePullRequestBranch": bring_up_to_date,
    "enqueuePullRequest": put_into_queue,
    "dequeuePullRequest": take_out_of_queue,
}
