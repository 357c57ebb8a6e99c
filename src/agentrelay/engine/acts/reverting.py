"""Take a landed lane back out of its target: a commit on the target's tip that undoes its merge.

As with landings, the commit that is judged is the very one that lands, and the target moves by
compare-and-swap. A person who reverted the merge by hand is believed.
"""

from __future__ import annotations

from agentrelay.engine.acts.keeping import candidate_pin
from agentrelay.engine.acts.landing import move_target, target_tip
from agentrelay.engine.acts.merging import request_id
from agentrelay.engine.evidence import trailers_of
from agentrelay.engine.world import World
from agentrelay.forge.core.change_request import ChangeRequest, ChangeRequestStatus
from agentrelay.forge.core.forge import MergePlan, Proposal
from agentrelay.gitio.commits import Commit, read_commits
from agentrelay.gitio.merge import CleanMerge, MergeConflict, commit_tree
from agentrelay.gitio.refs import is_ancestor, resolve, tree_of, update_refs
from agentrelay.gitio.reverts import revert_message, revert_trees, reverts_in, stands
from agentrelay.gitio.worktree import is_connected
from agentrelay.graph.naming import name_of_lane
from agentrelay.journal.event import Data, Event
from agentrelay.workstream.core.runtime import WorkstreamRuntime


def make_revert(world: World, intent: Event) -> Data:
    """Make the commit that takes back what the lane landed, on top of the target's tip."""
    lane = world.graph.lane_by_id[intent.workstream or ""]
    target = lane.spec.merge_target_branch
    landed, tip = _landing(world, lane.id, intent.data["landed"]), target_tip(world, target)
    if landed is None:
        return {"refused": f"{target} contained it already: no merge of ours brought it there"}
    if not is_ancestor(world.git, landed.oid, tip):
        return {"refused": f"{target} does not contain {landed.oid[:10]}, as which it landed"}
    if (done := _by_hand(world, landed.oid, tip)) is not None:
        return {"already": True, "commit": done}
    merged = revert_trees(world.git, tip, landed.oid)
    if not isinstance(merged, CleanMerge) or world.remote is not None:
        return {"refused": _why_not(world, lane.id, target, landed.oid, merged)}
    if merged.tree == tree_of(world.git, tip):
        return {"refused": f"nothing of what it changed is left on {target}"}
    commit = _commit(world, intent, landed, (merged.tree, tip))
    update_refs(world.git, [candidate_pin(world, intent, commit)], reason="agentrelay: revert")
    made = {"commit": commit, "tree": merged.tree, "target_tip": tip}
    return made | {"worktree": _worktree(world, lane.id, landed)} if lane.gates else made


def _landing(world: World, lane: str, commit: str) -> Commit | None:
    """Return the merge by which a lane landed, None where that is no merge of ours."""
    (found,) = read_commits(world.git, [commit])
    if found is None or len(found.parents) != 2:  # noqa: PLR2004 - merges only
        return None
    return found if lane in trailers_of(found.message).get("Workstream", ()) else None


def _by_hand(world: World, landed: str, tip: str) -> str | None:
    """Return the commit by which somebody has taken the landing back already, None if nobody."""
    reverts = reverts_in(world.git, [tip], [landed])
    return next((oid for oid in reverts.get(landed, ()) if stands(oid, reverts)), None)


def _why_not(world: World, lane: str, target: str, landed: str, merged: object) -> str:
    then = f"then agentrelay revert {name_of_lane(world.graph, lane)} notes it"
    if isinstance(merged, MergeConflict):
        files, by_hand = ", ".join(merged.files), f"git revert -m 1 {landed}"
        return f"{files}: changed on {target} since; {by_hand}, resolve, commit; {then}"
    return f"{target} is changed on the forge only: revert the lane's change request there; {then}"


def _commit(world: World, intent: Event, landed: Commit, sides: tuple[str, str]) -> str:
    tree, tip = sides
    message = revert_message(landed.message.partition("\n")[0], landed.oid, landed.parents[0])
    why = f"\n\n{intent.data['text']}" if intent.data["text"] else ""
    trailers = world.trailers(intent.workstream or "")
    who = world.signature(intent)
    return commit_tree(
        world.git, tree, [tip], f"{message}{why}\n\n{trailers}", author=who, committer=who
    )


def _worktree(world: World, lane: str, landed: Commit) -> str:
    """Have the lane's worktree for its gates again, on the branch as it was when it landed."""
    worktree = world.worktree(lane)
    if not is_connected(world.repo.common_dir, worktree):
        spec = world.graph.lane_by_id[lane]
        world.runner(spec, landed.parents[1]).prepare(WorkstreamRuntime(spec.spec))
    return str(worktree)


def land_revert(world: World, intent: Event) -> Data:
    """Move the target to the revert that was judged, and note it on the lane's change request."""
    data, commit = intent.data, intent.data["commit"]
    base = resolve(world.git, f"{commit}^1")
    if base is None:
        # Somebody's git threw it away: it is made again, and judged by its tree.
        return {"moved": commit}
    target = world.graph.lane_by_id[intent.workstream or ""].spec.merge_target_branch
    plan = MergePlan(commit, base, commit, intent.time, data["by"], forward=True)
    request = _propose(world, intent, target)
    is_closed = request.status is ChangeRequestStatus.CLOSED
    if is_closed and not is_ancestor(world.git, commit, target_tip(world, target)):
        # It came to nothing before a crash, which kept that from being known.
        return {"moved": commit}
    moved = move_target(world, request.number, target, plan)
    if "commit" not in moved:
        (what, why), *_ = moved.items()
        world.forge.close(
            request.number, reason=f"{what}: {why}", time=intent.time, by="agentrelay"
        )
        return {"moved": why} if what in ("moved", "head_moved") else {"refused": why}
    if data["number"] is not None:
        text = f"reverted on {target} as {commit} by {request.url}"
        world.forge.remark(data["number"], text=text, time=intent.time, by=data["by"])
    note = "it was reverted by hand" if data.get("already") else moved.get("note", "")
    return {"commit": commit, "number": request.number, "url": request.url, "note": note}


def _propose(world: World, intent: Event, target: str) -> ChangeRequest:
    lane, data = intent.workstream or "", intent.data
    return world.forge.ensure(
        Proposal(
            id=request_id(intent),
            title=f"Revert lane {lane}",
            body=data["text"] or f"takes back what lane {lane} landed as {data['landed']}",
            head_branch=world.folders.revert_branch(lane),
            base_branch=target,
            head=data["commit"],
            time=intent.time,
            author=world.identity.name,
        )
    )
