"""Take into a lane what a person committed in its worktree, on whatever branch that was."""

from __future__ import annotations

from pathlib import Path

from agentrelay.engine.acts.keeping import pin_name
from agentrelay.engine.world import World
from agentrelay.errors import GitError
from agentrelay.gitio.branch_use import branch_use
from agentrelay.gitio.keep import pin_commit
from agentrelay.gitio.merge import CleanMerge, both_sides_present, commit_tree, merge_trees
from agentrelay.gitio.refs import RefUpdate, is_ancestor, require_commit, update_refs
from agentrelay.gitio.repository import at_worktree
from agentrelay.gitio.status import EntryKind
from agentrelay.gitio.worktree import state
from agentrelay.journal.event import Data, Event

NOT_YET = "; not yet: "


def adopt_lane(world: World, intent: Event) -> Data:
    """Go on from a person's commits in the lane's worktree, or say that there are none."""
    lane, data = intent.workstream or "", intent.data
    worktree = world.worktree(lane)
    ref = f"refs/heads/{world.folders.integration_branch(lane)}"
    before, here = data["head"], require_commit(at_worktree(worktree), "HEAD")
    tip = require_commit(world.git, ref)
    if _is_edited(worktree):
        return _not_yet(data, f"{worktree} has uncommitted changes: commit or discard them")
    is_ours = here in (before, data["candidate"])
    head = tip if is_ours else _with(world, intent, tip, here)
    if head is None:
        why = f"what was committed in {worktree} is in conflict with the lane"
        return _not_yet(data, f"{why}: git merge {tip[:10]} there, and commit")
    if head == before or not is_ancestor(world.git, before, head):
        return _nothing_new(data)
    pin_commit(world.git, pin_name(world, intent, "adopted"), head)
    if head != tip:
        _move_lane(world, lane, ref, head, tip)
    return {"head": head, "remarks": _lacking(world, head)}


def _with(world: World, intent: Event, tip: str, here: str) -> str | None:
    """Return a commit that has the lane's tip and what is checked out; None where these conflict.

    A person's commit may stand on a task's branch, which is where the task's agent left it.
    """
    if is_ancestor(world.git, here, tip):
        return tip
    if is_ancestor(world.git, tip, here):
        return here
    merged = merge_trees(world.git, tip, here)
    if not isinstance(merged, CleanMerge):
        return None
    lane, who = intent.workstream or "", world.signature(intent)
    message = f"Take into {lane} what was committed in its worktree\n\n{world.trailers(lane)}"
    return commit_tree(world.git, merged.tree, [tip, here], message, author=who, committer=who)


def _nothing_new(data: Data) -> Data:
    if data["hold"] == "conflict":
        return _not_yet(data, "no new commit was found there")
    return {"nothing": True}


def _not_yet(data: Data, why: str) -> Data:
    """Say why a retry changed nothing, after the reason for which the lane waits."""
    reason = data["reason"].partition(NOT_YET)[0]
    return {"refused": f"{reason}{NOT_YET}{why}"}


def _is_edited(worktree: Path) -> bool:
    """Tell whether tracked files differ; new ones may be a gate's, and are pinned in any case."""
    entries = state(worktree).entries
    return any(entry.kind is not EntryKind.UNTRACKED for entry in entries)


def _lacking(world: World, head: str) -> list[str]:
    parents = world.git.text("rev-list", "--parents", "-n", "1", head).split()
    return both_sides_present(world.git, head) if len(parents) > 2 else []  # noqa: PLR2004 - merges only


def _move_lane(world: World, lane: str, ref: str, head: str, tip: str) -> None:
    if branch_use(world.git, world.repo.common_dir, ref.removeprefix("refs/heads/")) is not None:
        raise GitError(f"the branch of lane {lane} is in use in another worktree")
    update_refs(world.git, [RefUpdate(ref, head, tip)], reason="agentrelay: adopted")
