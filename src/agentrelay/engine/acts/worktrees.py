"""Have a lane's worktree where an act needs it, also after somebody deleted it."""

from __future__ import annotations

from pathlib import Path

from agentrelay.engine.world import World
from agentrelay.workstream.core.runtime import WorkstreamRuntime


def ensure_worktree(world: World, lane: str) -> Path:
    """Return the worktree of a lane that was provided before; made again where it is gone."""
    worktree = world.worktree(lane)
    if not (worktree / ".git").exists():
        spec = world.graph.lane_by_id[lane]
        world.runner(spec, None).prepare(WorkstreamRuntime(spec.spec))
    return worktree
