"""Take lanes back to before some tasks: pin, free the worktrees, move all refs at once, and tidy.

The pins of what goes are made in the very transaction that moves the branches, so that there is
no move without a pin; that they are there says, after a crash, that the branches were moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentrelay._shared.signals import withdraw_signals
from agentrelay.engine.acts.keeping import keep_of, pin_name
from agentrelay.engine.acts.on_forge import close_there
from agentrelay.engine.world import World
from agentrelay.errors import AgentRelayError, IgnoredFilesError, RefMovedError
from agentrelay.forge.core.change_request import ChangeRequest, ChangeRequestStatus
from agentrelay.gitio.admin import linked_admin
from agentrelay.gitio.branch_use import Bisecting, CheckedOut, Rebasing, branch_use
from agentrelay.gitio.checkout import checkout
from agentrelay.gitio.commits import read_commits
from agentrelay.gitio.keep import KEEP_PREFIX, pin_commit
from agentrelay.gitio.refs import RefUpdate, contains_all, refs_under, resolve, update_refs
from agentrelay.gitio.remote import Pushed, PushUpdate, has_origin, push
from agentrelay.gitio.worktree import discard, is_connected, release_locks
from agentrelay.journal.event import Data, Event
from agentrelay.workstream.core.runtime import WorkstreamStatus

HEADS = "refs/heads/"
TRIES = 5
"""So often the refs are looked at anew, where somebody moves one at that moment."""

_SIGNALS = tuple(status.value for status in WorkstreamStatus)


@dataclass(frozen=True)
class _Move:
    """A ref that goes to ``new``, None where it is deleted; ``pin`` keeps where it was."""

    ref: str
    old: str
    new: str | None
    pin: str


def reset_lanes(world: World, intent: Event) -> Data:
    """Take all back that the intent names, or say what is in the way: then nothing is changed."""
    if not _was_moved(world, intent):
        why = _in_the_way(world, intent)
        if why is not None:
            return {"refused": why}
        try:
            _free_worktrees(world, intent)
        except IgnoredFilesError as error:
            return {"refused": error.message}
        _move(world, intent)
    _end_requests(world, intent)
    notes = list(_take_back_on_origin(world, intent))
    for lane in intent.data["lanes"]:
        beyond = _SIGNALS[_SIGNALS.index(lane["status"]) + 1 :]
        withdraw_signals(world.folders.signals(lane["id"]), beyond)
    return {"kept": sorted(_pins(world, intent).values()), "notes": notes}


def _pins(world: World, intent: Event) -> dict[str, str]:
    """Return what this reset has pinned of the branches that it moved, by ref."""
    asked = intent.data["asked"]
    found = refs_under(world.git, f"{KEEP_PREFIX}{world.folders.graph}/{world.run}")
    ends = tuple(f"/reset-{asked}-{what}" for what in ("tip", "branch", "done"))
    return {ref: oid for ref, oid in found.items() if ref.endswith(ends)}


def _was_moved(world: World, intent: Event) -> bool:
    return bool(_pins(world, intent))


def _moves(world: World, intent: Event) -> list[_Move]:
    """Return the moves of the refs that there are now."""
    prefix = f"{HEADS}agentrelay/{world.folders.graph}"
    refs = refs_under(world.git, prefix) | refs_under(world.git, "refs/agentrelay/done")
    wanted = [*_lane_refs(world, intent), *_task_refs(world, intent)]
    return [
        _Move(ref, refs[ref], new, pin)
        for ref, new, pin in wanted
        if refs.get(ref) not in (None, new)
    ]


def _lane_refs(world: World, intent: Event) -> Iterator[tuple[str, str | None, str]]:
    for lane in intent.data["lanes"]:
        if lane["whole"] or lane["to"]:
            ref = HEADS + world.folders.integration_branch(lane["id"])
            yield (
                ref,
                lane["to"],
                pin_name(world, _of_lane(intent, lane["id"]), _what(intent, "tip")),
            )


def _task_refs(world: World, intent: Event) -> Iterator[tuple[str, str | None, str]]:
    for task in intent.data["tasks"]:
        lane, name, attempt = task["lane"], task["id"], task["attempt"] or 1
        for ref, what in (
            (HEADS + world.folders.task_branch(lane, name), "branch"),
            (world.folders.done_ref(lane, task["was"]), "done"),
        ):
            pin = world.folders.pin(world.run, lane, name, attempt, _what(intent, what))
            yield ref, None, pin


def _what(intent: Event, what: str) -> str:
    return f"reset-{intent.data['asked']}-{what}"


def _of_lane(intent: Event, lane: str) -> Event:
    """Return the intent as if it were about one lane, for what is pinned of that."""
    return intent._replace(workstream=lane)


def _in_the_way(world: World, intent: Event) -> str | None:
    """Return what keeps the lanes from being taken back: a person's work, or that it has landed."""
    for lane in intent.data["lanes"]:
        why = _lost(world, lane) or _has_landed(world, lane)
        if why is not None:
            return why
    lanes = {world.worktree(lane["id"]).resolve() for lane in intent.data["lanes"]}
    branches = (m.ref.removeprefix(HEADS) for m in _moves(world, intent) if m.ref.startswith(HEADS))
    for branch in branches:
        match branch_use(world.git, world.repo.common_dir, branch):
            case Rebasing(path):
                return f"{branch} is being rebased in {path}: finish that first"
            case Bisecting(path):
                return f"{branch} is being bisected in {path}: finish that first"
            case CheckedOut(path) if path.resolve() not in lanes:
                return f"{branch} is checked out in {path}: switch to another branch there"
            case _:
                continue
    return None


def _lost(world: World, lane: Data) -> str | None:
    if lane["to"] is None or resolve(world.git, lane["to"]) is not None:
        return None
    return f"{lane['to']}, where lane {lane['id']} was before, is gone"


def _has_landed(world: World, lane: Data) -> str | None:
    """Say that a target has what is to go: whoever brought it there, it can only be reverted."""
    target = world.graph.lane_by_id[lane["id"]].spec.merge_target_branch
    for ref in (HEADS + target, f"refs/remotes/origin/{target}"):
        tip = resolve(world.git, ref)
        if tip is not None and len(contains_all(world.git, tip, lane["merged"])) < len(
            set(lane["merged"])
        ):
            return f"{target} has work of lane {lane['id']} that would go: that is for a revert"
    return None


def _free_worktrees(world: World, intent: Event) -> None:
    """Have no worktree of ours stand on a branch that goes; what only they hold is pinned.

    IgnoredFilesError, and nothing is done, where one that goes whole holds too much to pin.
    """
    gone = {move.ref for move in _moves(world, intent)}
    for lane in sorted(intent.data["lanes"], key=lambda lane: not lane["whole"]):
        worktree = world.worktree(lane["id"])
        keep = keep_of(world, _of_lane(intent, lane["id"]), f"reset-{intent.data['asked']}")
        if lane["whole"]:
            discard(world.repo, worktree, keep, root=world.worktrees)
            continue
        admin = linked_admin(worktree)
        if admin is None or not is_connected(world.repo.common_dir, worktree):
            continue
        branch = HEADS + world.folders.integration_branch(lane["id"])
        to = lane["to"] or (resolve(world.git, branch) if admin.head in gone else None)
        if to is not None:
            release_locks(worktree)
            checkout(world.repo, worktree, to, None, keep)


def _move(world: World, intent: Event) -> None:
    for _ in range(TRIES - 1):
        try:
            _move_now(world, intent)
        except RefMovedError:
            continue
        return
    _move_now(world, intent)


def _move_now(world: World, intent: Event) -> None:
    """Pin all branches that go and move them, as one transaction."""
    moves = _moves(world, intent)
    pins = [RefUpdate(KEEP_PREFIX + move.pin, move.old, None) for move in moves]
    updates = [RefUpdate(move.ref, move.new, move.old) for move in moves]
    update_refs(world.git, [*pins, *updates], reason="agentrelay: reset")


def _end_requests(world: World, intent: Event) -> None:
    """Close the change requests of what goes; those that were merged are marked as taken back."""
    folders, data = world.folders, intent.data
    tasks = {folders.task_branch(task["lane"], task["id"]) for task in data["tasks"]}
    lanes = {
        folders.integration_branch(lane["id"]): set(lane["taken"])
        for lane in data["lanes"]
        if not lane.get("is_other")
    }
    how = {"reason": data["reason"], "time": intent.time, "by": data["by"]}
    requests = world.forge.list()
    for request in requests:
        is_ours = request.head_branch in tasks or request.head_branch in lanes
        if is_ours and request.status is ChangeRequestStatus.OPEN:
            world.forge.close(request.number, **how)
    merged = [
        request
        for request in requests
        if request.status is ChangeRequestStatus.MERGED and request.base_branch in lanes
    ]
    for request, before in zip(merged, _bases_before(world, merged), strict=True):
        if before in lanes[request.base_branch]:
            world.forge.take_back(request.number, **how)
    for lane in data["lanes"]:
        if not lane.get("is_other"):
            close_there(world, lane["id"], intent)


def _bases_before(world: World, merged: Sequence[ChangeRequest]) -> list[str | None]:
    """Return where the base of each request was before its merge, None where that is unknown."""
    commits = read_commits(world.git, [request.merge_commit or "" for request in merged])
    return [commit.parents[0] if commit and commit.parents else None for commit in commits]


def _take_back_on_origin(world: World, intent: Event) -> Iterator[str]:
    """Move what was pushed of the lanes, where it is as we left it; say where that could not be."""
    if world.publish == "none" or not has_origin(world.repo):
        return
    for ref, new, pin in _lane_refs(world, intent):
        seen = resolve(world.git, ref.replace(HEADS, "refs/remotes/origin/"))
        if seen in (None, new):
            continue
        pin_commit(world.git, f"{pin}-origin", seen)
        try:
            result = push(world.repo, [PushUpdate(ref, new, seen)])
        except AgentRelayError as error:
            yield f"origin's {ref.removeprefix(HEADS)} is left: {error.message}"
            continue
        if not isinstance(result, Pushed):
            yield f"origin's {ref.removeprefix(HEADS)} is left: {result.reason}"
