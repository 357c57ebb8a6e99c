"""A lane's change request on a forge of others: have it there, land by it, end it, look at it.

The request here stays the record that runs, evidence and reports read; the one there is where
people see it, and what moves the target. Whether the target has a lane is told by its history.
"""

from __future__ import annotations

from dataclasses import replace

from agentrelay.engine.acts.following import follow, record_landing
from agentrelay.engine.world import World
from agentrelay.errors import ForgeError, GitError
from agentrelay.forge.core.change_request import Approval, ChangeRequest, ChangeRequestStatus
from agentrelay.forge.core.forge import (
    BaseMoved,
    Forge,
    HeadMoved,
    InTheWay,
    Merged,
    MergePlan,
    Proposal,
)
from agentrelay.gitio.commits import read_commits
from agentrelay.gitio.refs import is_ancestor
from agentrelay.gitio.remote import PushUpdate, fetch_branch, push, require_pushed
from agentrelay.journal.event import Data, Event

OPEN = ChangeRequestStatus.OPEN


def propose_there(world: World, forge: Forge, request: ChangeRequest) -> ChangeRequest | str:
    """Have the change request of a lane on the forge too, its branch pushed; return that one.

    Where others pushed to the branch what is not in the lane, return that tip; nothing is done.
    """
    # What is looked at is leased by, not what the remote-tracking ref says: another fetch may
    # move that meanwhile, and it stays where the branch is gone.
    there = fetch_branch(world.repo, request.head_branch)
    if there is not None and not is_ancestor(world.git, there, request.head):
        return there
    ref = f"refs/heads/{request.head_branch}"
    require_pushed(world.repo, push(world.repo, [PushUpdate(ref, request.head, there)]))
    return forge.ensure(
        Proposal(
            id=request.id,
            title=request.title,
            body=request.body,
            head_branch=request.head_branch,
            base_branch=request.base_branch,
            head=request.head,
            time=request.created,
            author=request.author,
        )
    )


def require_request(world: World, number: int) -> ChangeRequest:
    """Return the change request here of that number; ForgeError where it is gone."""
    request = world.forge.show(number)
    if request is None:
        raise ForgeError(f"the change request #{number} is not here any more")
    return request


def approve_there(world: World, lane: str, approval: Approval) -> None:
    """Tell on the forge who approved what, where the lane has an open change request there."""
    found = request_there(world, lane)
    if world.remote is not None and found is not None and found.status is OPEN:
        world.remote.approve(found.number, approval)


def close_there(world: World, lane: str, intent: Event) -> None:
    """Close the lane's change request on the forge, if it is open, for the intent's reason."""
    found, data = request_there(world, lane), intent.data
    if world.remote is not None and found is not None and found.status is OPEN:
        how = {"reason": data["reason"], "time": intent.time, "by": data["by"]}
        world.remote.close(found.number, **how)


def request_there(world: World, lane: str) -> ChangeRequest | None:
    """Return the newest change request of a lane on the forge, None where it has none."""
    return None if world.remote is None else world.remote.find(*branches_of(world, lane))


def branches_of(world: World, lane: str) -> tuple[str, str]:
    """Return the branch of a lane and the one that it lands on."""
    target = world.graph.lane_by_id[lane].spec.merge_target_branch
    return world.folders.integration_branch(lane), target


def land_there(world: World, forge: Forge, request: ChangeRequest, plan: MergePlan) -> Data:
    """Land what ``request``, the one here, proposes by merging the one on the forge."""
    there = forge.find(request.head_branch, request.base_branch)
    if there is None:
        return {"head_moved": request.head}
    match forge.merge(there.number, plan):
        case Merged(commit):
            return note_landed(world, request, plan, commit)
        case BaseMoved(tip):
            return {"moved": tip}
        case HeadMoved(head):
            return {"head_moved": head}
        case InTheWay(why):
            return {"in_the_way": f"{there.url} is not merged: {' '.join(why.split())}"}


def note_landed(world: World, request: ChangeRequest, plan: MergePlan, commit: str) -> Data:
    """Note here that a lane landed on the forge as ``commit``, by whomever.

    Where that is not what was judged, because the forge made a commit of its own on a base that
    had moved since our last look, it is said.
    """
    fetch_branch(world.repo, request.base_branch)
    made, judged = read_commits(world.git, [commit, plan.commit])
    if made is None:
        message = f"the forge merged as {commit}, which origin does not give"
        raise GitError(message, transient=True)
    is_judged = judged is not None and judged.tree == made.tree
    told = {} if is_judged else {"unjudged": _unjudged(request, commit)}
    if made.parents[1:] == (plan.head,):
        made_there = replace(plan, commit=commit, base_tip=made.parents[0])
        landed = record_landing(world, request.number, request.base_branch, made_there)
        return {**landed, **told}
    why = follow(world, request.base_branch, commit)
    left = f"the local branch was left: {why}" if why else ""
    reason = "; ".join(filter(None, [f"merged on the forge as {commit}", left]))
    world.forge.close(request.number, reason=reason, time=plan.time, by="agentrelay")
    return {"commit": commit, "note": left, **told}


def _unjudged(request: ChangeRequest, commit: str) -> str:
    return (
        f"what landed on {request.base_branch} as {commit[:10]} is not what the gates judged: it "
        "was merged on the forge, on another base or in another way"
    )
