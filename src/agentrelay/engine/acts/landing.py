"""Land a lane: merge it with its target's tip, record the approval, move the target.

The merge that is judged is the very commit that lands: its tree was gated, and the target moves
to it by compare-and-swap. If the target has moved meanwhile, all of it is done again.
"""

from __future__ import annotations

from agentrelay.engine.world import World
from agentrelay.errors import GitError, InternalError
from agentrelay.forge.core.change_request import Approval
from agentrelay.forge.core.forge import BaseMoved, HeadMoved, InTheWay, Merged, MergePlan
from agentrelay.gitio.branch_use import branch_use
from agentrelay.gitio.keep import pin_commit
from agentrelay.gitio.merge import (
    CleanMerge,
    both_sides_present,
    commit_tree,
    merge_trees,
)
from agentrelay.gitio.refs import (
    RefUpdate,
    is_ancestor,
    merge_base,
    require_commit,
    resolve,
    update_refs,
)
from agentrelay.gitio.remote import Pushed, PushUpdate, fetch_branch, push
from agentrelay.gitio.repository import at_worktree
from agentrelay.gitio.worktree import checkout, state
from agentrelay.journal.event import Data, Event


def make_candidate(world: World, intent: Event) -> Data:
    """Merge the lane's head with its target's tip, in the object database."""
    lane = world.graph.lane_by_id[intent.workstream or ""]
    head = intent.data["head"]
    tip = target_tip(world, lane.spec.merge_target_branch)
    if is_ancestor(world.git, head, tip):
        return {"already": True, "commit": tip, "head": head, "target_tip": tip}
    base = merge_base(world.git, head, tip) or ""
    merged = merge_trees(world.git, tip, head)
    facts = {"head": head, "target_tip": tip, "merge_base": base}
    if not isinstance(merged, CleanMerge):
        where = _offer_worktree(world, lane.id, head, tip)
        files = ", ".join(merged.files)
        target = lane.spec.merge_target_branch
        text = f"{files}: lane {lane.id} and {target} ({tip[:10]}) both change them; {where}"
        return facts | {"conflict": text}
    signature = world.signature(intent)
    message = f"Land {lane.id} on {lane.spec.merge_target_branch}\n\n{world.trailers(lane.id)}"
    commit = commit_tree(
        world.git, merged.tree, [tip, head], message, author=signature, committer=signature
    )
    return facts | {"commit": commit, "tree": merged.tree}


def target_tip(world: World, target: str) -> str:
    """Return where the target branch is: origin's, freshly fetched, where lanes land there."""
    if world.publish == "all":
        fetched = fetch_branch(world.repo, target)
        if fetched is not None:
            return fetched
    return require_commit(world.git, f"refs/heads/{target}")


def _offer_worktree(world: World, lane: str, head: str, tip: str) -> str:
    """Put the lane's worktree on its integration branch, where a person can merge the target."""
    worktree = world.worktree(lane)
    checkout(worktree, head, world.folders.integration_branch(lane))
    return f"resolve it in {worktree}: git merge {tip[:10]}, commit, then agentrelay retry {lane}"


def approve_lane(world: World, intent: Event) -> Data:
    """Record a person's approval, bound to exactly what it was given for."""
    data = intent.data
    approval = Approval(
        by=data["by"],
        time=data["time"],
        head=data["head"],
        merge_base=data["merge_base"],
        target_tip=data["target_tip"],
        tree=data["tree"],
    )
    world.forge.approve(data["number"], approval)
    return {}


def land_lane(world: World, intent: Event) -> Data:  # noqa: PLR0911 - one for each outcome
    """Move the target to the candidate, if it still is where the candidate was made for."""
    data = intent.data
    if data.get("already"):
        return {"commit": data["commit"], "note": "its target contains it already"}
    lane = world.graph.lane_by_id[intent.workstream or ""]
    plan = MergePlan(data["commit"], data["target_tip"], data["head"], intent.time)
    if world.publish == "all":
        refused = _push_first(world, lane.spec.merge_target_branch, plan)
        if refused is not None:
            return refused
    match world.forge.merge(data["number"], plan):
        case Merged(commit):
            return {"commit": commit, "note": _not_pushed(world, lane.spec.merge_target_branch)}
        case BaseMoved(tip):
            return {"moved": tip}
        case HeadMoved(head):
            return {"moved": head}
        case InTheWay(why) if world.publish == "all":
            return {"commit": plan.commit, "note": f"the local branch was left: {why}"}
        case InTheWay(why):
            return {"in_the_way": why}
    message = "a merge has an unknown result"
    raise InternalError(message)


def _push_first(world: World, target: str, plan: MergePlan) -> Data | None:
    """Land on origin; the local branch follows. None where the local merge is to be done."""
    result = push(world.repo, [PushUpdate(f"refs/heads/{target}", plan.commit, plan.base_tip)])
    if not isinstance(result, Pushed):
        tip = fetch_branch(world.repo, target)
        if (
            tip is not None
            and tip != plan.base_tip
            and not is_ancestor(world.git, plan.commit, tip)
        ):
            return {"moved": tip}
        if tip is None or not is_ancestor(world.git, plan.commit, tip):
            return {"rejected": result.reason}
    local = resolve(world.git, f"refs/heads/{target}")
    if local is None or not is_ancestor(world.git, local, plan.base_tip):
        return {"commit": plan.commit, "note": f"local {target} has own commits and was left"}
    return None


def _not_pushed(world: World, target: str) -> str:
    return f"not pushed: git push origin {target}" if world.publish == "none" else ""


def adopt_lane(world: World, intent: Event) -> Data:
    """Go on from a person's commits in the lane's worktree, or say that there are none."""
    lane, data = intent.workstream or "", intent.data
    worktree = world.worktree(lane)
    ref = f"refs/heads/{world.folders.integration_branch(lane)}"
    before, here = data["head"], require_commit(at_worktree(worktree), "HEAD")
    tip = require_commit(world.git, ref)
    head = here if here != before and is_ancestor(world.git, before, here) else tip
    if head == before or not is_ancestor(world.git, before, head):
        return _nothing_new(data)
    if not state(worktree).clean:
        return {"refused": f"{worktree} has uncommitted changes: commit them first"}
    pin_commit(world.git, f"{world.folders.graph}/{world.run}/{lane}/adopted", head)
    if head != tip:
        _move_lane(world, lane, ref, head, tip)
    return {"head": head, "remarks": _lacking(world, head)}


def _nothing_new(data: Data) -> Data:
    if data["hold"] == "conflict":
        return {"refused": f"{data['reason']} (no new commit was found in the lane's worktree)"}
    return {"nothing": True}


def _lacking(world: World, head: str) -> list[str]:
    parents = world.git.text("rev-list", "--parents", "-n", "1", head).split()
    return both_sides_present(world.git, head) if len(parents) > 2 else []  # noqa: PLR2004 - a merge


def _move_lane(world: World, lane: str, ref: str, head: str, tip: str) -> None:
    if branch_use(world.git, world.repo.common_dir, ref.removeprefix("refs/heads/")) is not None:
        raise GitError(f"the branch of lane {lane} is in use in another worktree")
    update_refs(world.git, [RefUpdate(ref, head, tip)], reason="agentrelay: adopted")
