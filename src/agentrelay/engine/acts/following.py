"""Note here what has landed on origin: the local target follows, the change request is marked."""

from __future__ import annotations

from agentrelay.engine.world import World
from agentrelay.forge.core.change_request import ChangeRequestStatus
from agentrelay.forge.core.forge import InTheWay, Merged, MergePlan
from agentrelay.gitio.branch_use import CheckedOut, branch_use
from agentrelay.gitio.merge import InTheWay as Blocked
from agentrelay.gitio.merge import fast_forward_checked_out
from agentrelay.gitio.refs import RefUpdate, is_ancestor, require_commit, update_refs
from agentrelay.journal.event import Data


def record_landing(world: World, number: int, target: str, plan: MergePlan) -> Data:
    """Mark the request here as merged by the plan's commit, where nothing local is lost by it."""
    why = follow(world, target, plan.base_tip) or _merge_here(world, number, target, plan)
    if why is None:
        return {"commit": plan.commit}
    note = f"landed on origin as {plan.commit}; the local branch was left: {why}"
    world.forge.close(number, reason=note, time=plan.time, by="agentrelay")
    return {"commit": plan.commit, "note": note}


def _merge_here(world: World, number: int, target: str, plan: MergePlan) -> str | None:
    """Mark the request as merged and bring the local target along; return why not, or None."""
    request = world.forge.show(number)
    if request is not None and request.status is ChangeRequestStatus.CLOSED:
        # That was done before a crash, which kept it from being known.
        return "it could not be brought along"
    merged = world.forge.merge(number, plan)
    if isinstance(merged, Merged):
        return None
    return merged.why if isinstance(merged, InTheWay) else _own_commits(target)


def follow(world: World, target: str, tip: str) -> str | None:
    """Bring the local target to ``tip``, which origin has; return why it can't be, or None."""
    ref = f"refs/heads/{target}"
    local = require_commit(world.git, ref)
    if is_ancestor(world.git, tip, local):
        return None
    if not is_ancestor(world.git, local, tip):
        return _own_commits(target)
    match branch_use(world.git, world.repo.common_dir, target):
        case CheckedOut(path):
            result = fast_forward_checked_out(world.git, path, tip, branch=target)
            return result.why if isinstance(result, Blocked) else None
        case None:
            update_refs(world.git, [RefUpdate(ref, tip, local)], reason="agentrelay: as on origin")
            return None
        case use:
            return f"{target} is in use in {use.path}"


def _own_commits(target: str) -> str:
    return f"local {target} has own commits"
