"""Provide a lane, open its change request, publish its branch, reopen it, tear it down."""

from __future__ import annotations

from contextlib import suppress

from agentrelay._shared.signals import withdraw_signals
from agentrelay.engine.acts.keeping import keep_of
from agentrelay.engine.acts.landing import target_tip, worktree_to_merge_in
from agentrelay.engine.acts.on_forge import close_there, propose_there
from agentrelay.engine.world import World
from agentrelay.errors import ForgeError, IgnoredFilesError, WorkspaceError
from agentrelay.gitio.commits import read_commits
from agentrelay.gitio.keep import pin_commits
from agentrelay.gitio.refs import (
    RefUpdate,
    is_ancestor,
    merge_base,
    refs_under,
    require_commit,
    resolve,
    update_refs,
)
from agentrelay.gitio.remote import Pushed, PushUpdate, has_origin, push
from agentrelay.gitio.worktree import discard, release_locks
from agentrelay.graph.naming import name_of_lane
from agentrelay.journal.event import Data, Event
from agentrelay.workstream.core.runtime import TaskSummary, WorkstreamRuntime, WorkstreamStatus


def prepare_lane(world: World, intent: Event) -> Data:
    """Provide the lane's worktree and integration branch."""
    lane = world.graph.lane_by_id[intent.workstream or ""]
    if intent.data["fresh"]:
        _clear_earlier_run(world, lane.id)
    runtime = WorkstreamRuntime(lane.spec)
    tip = target_tip(world, lane.spec.base_branch)
    world.runner(lane, intent.data["start"] or tip).prepare(runtime)
    head = require_commit(world.git, f"refs/heads/{world.folders.integration_branch(lane.id)}")
    base = head if head == tip else merge_base(world.git, head, tip) or head
    return {"head": head, "base": base, "worktree": str(runtime.state.worktree_path)}


def _clear_earlier_run(world: World, lane: str) -> None:
    """Pin and remove what an earlier run left of a lane."""
    runtime = world.runtime(lane)
    world.runner(world.graph.lane_by_id[lane], None).teardown(runtime)
    _drop_task_branches(world, lane)
    if runtime.artifacts.concerns:
        raise WorkspaceError("; ".join(runtime.artifacts.concerns), workstream_id=lane)


def open_lane(world: World, intent: Event) -> Data:
    """Open the lane's change request, or say that there is nothing to land."""
    lane = world.graph.lane_by_id[intent.workstream or ""]
    branch = world.folders.integration_branch(lane.id)
    head = require_commit(world.git, f"refs/heads/{branch}")
    if head == intent.data["base"] or _changes_nothing(world, head, intent.data["base"]):
        return {"unchanged": True}
    runtime = world.runtime(lane.id)
    runtime.artifacts.task_summaries = [
        TaskSummary(
            task_id=task["id"],
            description=task["summary"] or _title(world, task["id"]),
            pr_url=task["url"],
            concerns=tuple(task["concerns"]),
        )
        for task in intent.data["tasks"]
    ]
    _take_back_failure(world, lane.id)
    result = world.runner(lane, None).integrate(runtime)
    if result.status is WorkstreamStatus.FAILED:
        _take_back_failure(world, lane.id)
        raise ForgeError(result.error or "the change request could not be opened")
    request = world.forge.find(branch, lane.spec.merge_target_branch)
    if request is None:
        raise ForgeError(f"the change request of lane {lane.id} was opened, but is not there")
    if world.remote is None:
        return {"number": request.number, "url": request.url, "head": head}
    shown = propose_there(world, world.remote, request)
    if isinstance(shown, str):
        return {"diverged": _how_to_take(world, intent, shown)}
    return {"number": request.number, "url": shown.url, "head": head}


def _how_to_take(world: World, intent: Event, theirs: str) -> str:
    """Say what a person is to do with what somebody pushed to the lane's branch on the forge."""
    worktree = worktree_to_merge_in(world, intent)
    name = name_of_lane(world.graph, intent.workstream or "")
    return (
        f"somebody pushed {theirs[:10]} to its branch on the forge, which is not overwritten; to "
        f"take it in: git merge {theirs[:10]} in {worktree}, then agentrelay retry {name}"
    )


def _take_back_failure(world: World, lane: str) -> None:
    """Remove the failure that the runner published: the lane waits for a person instead."""
    withdraw_signals(world.folders.signals(lane), [WorkstreamStatus.FAILED.value])


def _changes_nothing(world: World, head: str, base: str) -> bool:
    ours, theirs = read_commits(world.git, [head, base])
    same = ours is not None and theirs is not None and ours.tree == theirs.tree
    return same and is_ancestor(world.git, base, head)


def _title(world: World, task: str) -> str:
    return world.graph.task_by_id[task].description.strip().splitlines()[0]


def publish_lane(world: World, intent: Event) -> Data:
    """Push the lane's branch where that was asked for; a refusal is said, and holds nothing up."""
    # On a forge of others the branch was pushed before its change request was opened.
    if world.publish == "none" or world.remote is not None or not has_origin(world.repo):
        return {}
    ref = f"refs/heads/{world.folders.integration_branch(intent.workstream or '')}"
    head = require_commit(world.git, ref)
    known = resolve(world.git, ref.replace("refs/heads/", "refs/remotes/origin/"))
    result = push(world.repo, [PushUpdate(ref, head, known)])
    return {} if isinstance(result, Pushed) else {"rejected": f"not pushed: {result.reason}"}


def reopen_lane(world: World, intent: Event) -> Data:
    """Take back the signals that a lane has gone beyond; its branch and worktree stay."""
    withdraw_signals(
        world.folders.signals(intent.workstream or ""),
        [
            status.value
            for status in (
                WorkstreamStatus.MERGE_READY,
                WorkstreamStatus.PR_CREATED,
                WorkstreamStatus.FAILED,
            )
        ],
    )
    return {}


def close_lane(world: World, intent: Event) -> Data:
    """Close the lane's change request without landing it."""
    data = intent.data
    close_there(world, intent.workstream or "", intent)
    world.forge.close(data["number"], reason=data["reason"], time=data["time"], by=data["by"])
    return {}


def teardown_lane(world: World, intent: Event) -> Data:
    """Remove a lane's worktree and branches; whatever is in them is pinned first.

    Where ignored files are too much to pin, nothing is done, unless a person lets them go.
    """
    lane = world.graph.lane_by_id[intent.workstream or ""]
    runtime = world.runtime(lane.id)
    worktree = world.worktree(lane.id)
    if (worktree / ".git").is_file():
        release_locks(worktree)
        keep, drops = keep_of(world, intent, "teardown"), bool(intent.data.get("drops_ignored"))
        try:
            discard(world.repo, worktree, keep, root=world.worktrees, drops_ignored=drops)
        except IgnoredFilesError as error:
            return {"stays": error.message}
        runtime.state.worktree_path = None
    world.runner(lane, None).teardown(runtime)
    _drop_task_branches(world, lane.id)
    if runtime.artifacts.concerns:
        raise WorkspaceError("; ".join(runtime.artifacts.concerns), workstream_id=lane.id)
    with suppress(OSError):
        # The graph's folder of worktrees goes with its last one.
        world.worktree(lane.id).parent.rmdir()
    return {}


def _drop_task_branches(world: World, lane: str) -> None:
    prefix = f"refs/heads/agentrelay/{world.folders.graph}/{lane}/task/"
    tips = refs_under(world.git, prefix)
    kept = {f"{ref.removeprefix(prefix)}/branch": tip for ref, tip in tips.items()}
    pin_commits(world.git, f"{world.folders.graph}/{world.run}/{lane}", kept)
    updates = [RefUpdate(ref, None, tip) for ref, tip in tips.items()]
    if updates:
        update_refs(world.git, updates, reason="agentrelay: lane torn down")
