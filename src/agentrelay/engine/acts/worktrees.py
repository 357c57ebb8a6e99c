"""Have a lane's worktree where an act needs it, also after somebody deleted it."""

from __future__ import annotations

from pathlib import Path

from agentrelay.engine.acts.keeping import keep_of
from agentrelay.engine.world import World
from agentrelay.gitio.admin import linked_admin
from agentrelay.gitio.checkout import checkout
from agentrelay.gitio.refs import require_commit
from agentrelay.gitio.worktree import is_connected
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
        tip = require_commit(world.git, f"refs/heads/{branch}")
        checkout(
            world.repo, worktree, tip, branch, keep_of(world, intent, f"{intent.turn}-restored")
        )
    return not was_there
