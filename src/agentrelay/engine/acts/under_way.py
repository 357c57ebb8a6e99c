"""Pin what an agent has not committed, while it works; its worktree and index are only read."""

from __future__ import annotations

from agentrelay.engine.acts.keeping import keep_of
from agentrelay.engine.world import World
from agentrelay.gitio.keep import pin_worktree
from agentrelay.gitio.leftovers import LIMIT_BYTES
from agentrelay.gitio.preserve import preserve_commit
from agentrelay.gitio.refs import require_commit
from agentrelay.gitio.repository import at_worktree
from agentrelay.gitio.worktree import is_connected
from agentrelay.journal.event import Data, Event


def keep_turn(world: World, intent: Event) -> Data:
    """Pin what is not committed now; return its commit, nothing where there is no such thing.

    New files that are too large to be committed by us are left out until the turn's end.
    """
    worktree = world.worktree(intent.workstream or "")
    if not is_connected(world.repo.common_dir, worktree):
        return {}
    keep = keep_of(world, intent, f"{intent.turn}-work")
    kept = pin_worktree(
        worktree,
        keep.name,
        keep.message,
        keep.identity,
        keep.date,
        limit_bytes=LIMIT_BYTES,
    )
    if kept is not None:
        return {"pinned": kept}
    git = at_worktree(worktree)
    preserve_commit(git, require_commit(git, "HEAD"), keep, "head")
    return {}
