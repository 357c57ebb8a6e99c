"""Have a lane's worktree where an act needs it, also after somebody deleted it."""

from __future__ import annotations

from pathlib import Path

from agentrelay.engine.world import World
from agentrelay.gitio.admin import linked_admin
from agentrelay.gitio.keep import pin_commit, pin_worktree
from agentrelay.gitio.refs import ANY, RefUpdate, require_commit, update_refs
from agentrelay.gitio.repository import at_worktree
from agentrelay.gitio.worktree import checkout, is_connected
from agentrelay.journal.event import Event
from agentrelay.workstream.core.runtime import WorkstreamRuntime


def ensure_worktree(world: World, lane: str) -> Path:
    """Return the worktree of a lane that was provided before; made again where it is gone.

    One that was moved with its repository is connected again.
    """
    worktree = world.worktree(lane)
    if not is_connected(world.repo.common_dir, worktree):
        spec = world.graph.lane_by_id[lane]
        world.runner(spec, None).prepare(WorkstreamRuntime(spec.spec))
    return worktree


def restore_worktree(world: World, intent: Event) -> bool:
    """Have the worktree of a lane whose task was worked at; return whether it had been deleted.

    Then it is made again, with what the task's branch has.
    """
    lane = intent.workstream or ""
    was_there = linked_admin(world.worktree(lane)) is not None
    worktree = ensure_worktree(world, lane)
    if not was_there:
        branch = world.folders.task_branch(lane, intent.task or "")
        checkout(worktree, require_commit(world.git, f"refs/heads/{branch}"), branch)
    return not was_there


def hold_candidate(world: World, lane: str, commit: str) -> None:
    """Keep the merge that is judged next: gates and people take longer than ``git gc --prune``.

    The one before is let go: it is made of commits that are kept.
    """
    update = RefUpdate(world.folders.candidate_ref(lane), commit, ANY)
    update_refs(world.git, [update], reason="agentrelay: candidate")


def keep_before_moving(world: World, intent: Event, worktree: Path, what: str) -> None:
    """Pin all of a lane's worktree that nothing else keeps: what people may have done there."""
    lane = intent.workstream or ""
    name = f"{world.folders.graph}/{world.run}/{lane}/{what}"
    message = f"Kept {what} of {lane}\n\n{world.trailers(lane)}"
    moment = world.signature(intent).time_unix
    pin_worktree(worktree, name, message, world.identity, moment)
    keep_stray_head(world, worktree, f"{name}-head", str(intent.data.get("commit", "")))


def keep_stray_head(world: World, worktree: Path, name: str, *known: str) -> None:
    """Pin what is checked out in a worktree, unless it is ``known`` or a ref leads to it.

    A person or an agent may have committed on a detached HEAD; moving on would lose that.
    """
    head = at_worktree(worktree).text("rev-parse", "HEAD")
    places = ("--contains", head, "refs/heads", "refs/agentrelay")
    if head not in known and not world.git.text("for-each-ref", "--count=1", *places):
        pin_commit(world.git, name, head)
