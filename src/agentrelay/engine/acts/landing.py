"""Land a lane: merge it with its target's tip, record the approval, move the target.

The merge that is judged is the very commit that lands: its tree was gated, and the target moves
to it by compare-and-swap. If the target has moved meanwhile, all of it is done again.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agentrelay.engine.acts.following import record_landing
from agentrelay.engine.acts.keeping import candidate_pin, keep_of
from agentrelay.engine.acts.on_forge import (
    approve_there,
    land_there,
    note_landed,
    require_request,
)
from agentrelay.engine.acts.worktrees import ensure_worktree
from agentrelay.engine.world import World
from agentrelay.errors import InternalError
from agentrelay.forge.core.change_request import Approval
from agentrelay.forge.core.forge import (
    BaseMoved,
    Forge,
    HeadMoved,
    InTheWay,
    Merged,
    MergePlan,
)
from agentrelay.gitio.checkout import checkout
from agentrelay.gitio.merge import CleanMerge, commit_tree, merge_trees
from agentrelay.gitio.refs import (
    is_ancestor,
    merge_base,
    require_commit,
    resolve,
    update_refs,
)
from agentrelay.gitio.remote import Pushed, PushUpdate, fetch_branch, has_origin, push
from agentrelay.gitio.strays import left_out, stray_commits
from agentrelay.graph.naming import name_of_lane
from agentrelay.journal.event import Data, Event


def make_candidate(world: World, intent: Event) -> Data:
    """Merge the lane's head with its target's tip, in the object database."""
    lane = world.graph.lane_by_id[intent.workstream or ""]
    head = intent.data["head"]
    tip = target_tip(world, lane.spec.merge_target_branch)
    base = merge_base(world.git, head, tip) or ""
    if base == head:
        return {"already": True, "commit": tip, "head": head, "target_tip": tip}
    merged = merge_trees(world.git, tip, head)
    facts = {"head": head, "target_tip": tip, "merge_base": base}
    if not isinstance(merged, CleanMerge):
        where = _offer_worktree(world, intent, tip)
        files = ", ".join(merged.files)
        target = lane.spec.merge_target_branch
        text = f"{files}: lane {lane.id} and {target} ({tip[:10]}) both change them; {where}"
        return facts | {"conflict": text}
    signature = world.signature(intent)
    message = f"Land {lane.id} on {lane.spec.merge_target_branch}\n\n{world.trailers(lane.id)}"
    commit = commit_tree(
        world.git, merged.tree, [tip, head], message, author=signature, committer=signature
    )
    update_refs(world.git, [candidate_pin(world, intent, commit)], reason="agentrelay: candidate")
    strays = stray_commits(world.repo, world.worktree(lane.id), world.folders.graph, [head, tip])
    remark = {"remark": left_out(name_of_lane(world.graph, lane.id), strays)} if strays else {}
    return {**facts, "commit": commit, "tree": merged.tree, **remark}


def target_tip(world: World, target: str) -> str:
    """Return where the target branch is: origin's, freshly fetched, where lanes land there."""
    if world.publish == "all":
        fetched = fetch_branch(world.repo, target)
        if fetched is not None:
            return fetched
    return require_commit(world.git, f"refs/heads/{target}")


def _offer_worktree(world: World, intent: Event, tip: str) -> str:
    """Put the lane's worktree where a person can merge the target; return what they are to do."""
    worktree = worktree_to_merge_in(world, intent)
    name = name_of_lane(world.graph, intent.workstream or "")
    return (
        f"resolve it in {worktree}: git merge {tip[:10]}, resolve, commit, then agentrelay retry "
        f"{name}; or have its agents do it anew on that: agentrelay reset {name}, then agentrelay "
        f"resume {world.folders.graph}"
    )


def worktree_to_merge_in(world: World, intent: Event) -> Path:
    """Return the lane's worktree, put on its integration branch, where a person can merge."""
    lane = intent.workstream or ""
    worktree, branch = ensure_worktree(world, lane), world.folders.integration_branch(lane)
    # A person may have worked here since the lane was made ready, on the branch or beside it.
    tip_here = require_commit(world.git, f"refs/heads/{branch}")
    checkout(world.repo, worktree, tip_here, branch, keep_of(world, intent, "before-conflict"))
    return worktree


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
    approve_there(world, intent.workstream or "", approval)
    return {}


def land_lane(world: World, intent: Event) -> Data:
    """Move the target to the candidate, if it still is where the candidate was made for."""
    data = intent.data
    if world.remote is not None:
        return _land_on_forge(world, world.remote, intent)
    if data.get("already"):
        return {"commit": data["commit"], "note": _CONTAINED}
    if resolve(world.git, data["commit"]) is None:
        return _made_again(data)
    target = world.graph.lane_by_id[intent.workstream or ""].spec.merge_target_branch
    plan = MergePlan(data["commit"], data["target_tip"], data["head"], intent.time)
    return move_target(world, data["number"], target, plan)


_CONTAINED = "its target contains it already"


def _made_again(data: Data) -> Data:
    """Have a candidate made again that somebody's git threw away; it is judged by its tree."""
    return {"moved": data["target_tip"]}


def _land_on_forge(world: World, remote: Forge, intent: Event) -> Data:
    """Land by the forge, or note what landed there without us."""
    data = intent.data
    request = require_request(world, data["number"])
    plan = MergePlan(data["commit"], data["target_tip"], data["head"], intent.time)
    if data.get("merged_by") is not None:
        judged = replace(plan, commit=data["judged"] or "")
        landed = note_landed(world, request, judged, data["commit"])
        said = [f"merged on the forge by {data['merged_by']}", landed.get("note")]
        return {**landed, "note": "; ".join(filter(None, said))}
    if data.get("already"):
        return {"commit": data["commit"], "note": _CONTAINED}
    if resolve(world.git, data["commit"]) is None:
        return _made_again(data)
    return land_there(world, remote, request, plan)


def move_target(world: World, number: int, target: str, plan: MergePlan) -> Data:
    """Move the target to the plan's commit, where lanes land; say what kept it from that."""
    if world.publish == "all":
        return _land_on_origin(world, number, target, plan)
    return _land_here(world, number, target, plan)


def _land_here(world: World, number: int, target: str, plan: MergePlan) -> Data:
    match world.forge.merge(number, plan):
        case Merged(commit):
            return {"commit": commit, "note": _not_pushed(world, target)}
        case BaseMoved(tip):
            return {"moved": tip}
        case HeadMoved(head):
            return {"head_moved": head}
        case InTheWay(why):
            return {"in_the_way": f"in the way of landing: {' '.join(why.split())}"}
    message = "a merge has an unknown result"
    raise InternalError(message)


def _land_on_origin(world: World, number: int, target: str, plan: MergePlan) -> Data:
    """Land by one push with a lease; the local branch follows where nothing of its own is lost."""
    refused = _push(world, target, plan)
    if refused is not None:
        return refused
    return record_landing(world, number, target, plan)


def _push(world: World, target: str, plan: MergePlan) -> Data | None:
    """Move origin's target; return why that was not done, or None."""
    result = push(world.repo, [PushUpdate(f"refs/heads/{target}", plan.commit, plan.base_tip)])
    if isinstance(result, Pushed):
        return None
    tip = fetch_branch(world.repo, target)
    if tip is not None and is_ancestor(world.git, plan.commit, tip):
        return None
    if tip is not None and tip != plan.base_tip:
        return {"moved": tip}
    return {"rejected": result.reason}


def _not_pushed(world: World, target: str) -> str:
    if world.publish != "none" or not has_origin(world.repo):
        return ""
    return f"not pushed: git push origin {target}"
