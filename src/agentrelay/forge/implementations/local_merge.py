"""How the local forge merges: the base branch and the request's ref move together.

The base branch decides. Where it already contains the plan's commit, only the request's ref is
still to be written: that is what a crash between the two leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from agentrelay.errors import ForgeError, RefMovedError, UnknownNameError
from agentrelay.forge.core.change_request import ChangeRequest, ChangeRequestStatus
from agentrelay.forge.core.forge import (
    BaseMoved,
    HeadMoved,
    InTheWay,
    Merged,
    MergePlan,
    MergeResult,
)
from agentrelay.forge.implementations.local_record import Event, url_of
from agentrelay.forge.implementations.local_store import LocalStore, Stored
from agentrelay.forge.implementations.merge_plan import require_merge
from agentrelay.gitio.branch_use import Bisecting, BranchUse, CheckedOut, Rebasing, branch_use
from agentrelay.gitio.command import Git
from agentrelay.gitio.merge import Forwarded, fast_forward_checked_out
from agentrelay.gitio.refs import RefUpdate, is_ancestor, resolve, update_refs


@dataclass(frozen=True)
class LocalMerge:
    """One merge of the request ``number`` as ``plan`` says."""

    git: Git
    common_dir: Path
    store: LocalStore
    number: int
    plan: MergePlan

    def attempt(self) -> MergeResult:
        """Merge once; RefMovedError where another process wrote the request meanwhile."""
        stored, (commit,) = self.store.read_with(self.number, [self.plan.commit])
        if stored is None:
            raise UnknownNameError(f"there is no change request {url_of(self.number)}")
        request = stored.record.request
        require_merge(self.plan, commit)
        if request.status is ChangeRequestStatus.CLOSED:
            raise ForgeError(f"{request.url} is closed")
        if request.head != self.plan.head:
            return HeadMoved(request.head)
        if request.status is ChangeRequestStatus.MERGED:
            return self._merged_before(request)
        use = branch_use(self.git, self.common_dir, request.base_branch)
        return (self._move_both(stored) if use is None else None) or self._slowly(stored, use)

    def _move_both(self, stored: Stored) -> Merged | None:
        """Move both refs as one; None where the base branch is not at the plan's tip."""
        request = stored.record.request
        try:
            base = f"refs/heads/{request.base_branch}"
            return self._record(stored, RefUpdate(base, self.plan.commit, self.plan.base_tip))
        except RefMovedError:
            if self._tip(request) == self.plan.base_tip:
                raise
            return None

    def _slowly(self, stored: Stored, use: BranchUse | None) -> MergeResult:
        request = stored.record.request
        tip = self._tip(request)
        if tip != self.plan.base_tip:
            if not is_ancestor(self.git, self.plan.commit, tip):
                return BaseMoved(tip)
            return self._record(stored)
        match use:
            case CheckedOut(path):
                result = fast_forward_checked_out(
                    self.git, path, self.plan.commit, branch=request.base_branch
                )
                if not isinstance(result, Forwarded):
                    # Another landing may have been first, since the tip was looked at.
                    now = self._tip(request)
                    return InTheWay(result.why) if now == tip else BaseMoved(now)
            case Rebasing(path):
                return InTheWay(f"{request.base_branch} is being rebased in {path}")
            case Bisecting(path):
                return InTheWay(f"{request.base_branch} is being bisected in {path}")
            case None:
                raise RefMovedError(f"{request.base_branch} moved twice")
        return self._record(stored)

    def _record(self, stored: Stored, *base: RefUpdate) -> Merged:
        """Mark the request as merged, in one transaction with the move of the base branch."""
        plan, request = self.plan, stored.record.request
        merged = replace(
            request,
            status=ChangeRequestStatus.MERGED,
            merge_commit=plan.commit,
            updated=plan.time,
        )
        event = Event("merged", plan.time, plan.by, stored.record.event.count + 1)
        ours = self.store.append(stored, replace(stored.record, event=event, request=merged))
        update_refs(self.git, [*base, ours], reason=f"{request.url}: merged")
        return Merged(plan.commit)

    def _tip(self, request: ChangeRequest) -> str:
        tip = resolve(self.git, f"refs/heads/{request.base_branch}")
        if tip is None:
            raise ForgeError(f"the base branch {request.base_branch!r} does not exist")
        return tip

    def _merged_before(self, request: ChangeRequest) -> MergeResult:
        commit = request.merge_commit or ""
        if not is_ancestor(self.git, commit, self._tip(request)):
            raise ForgeError(
                f"{request.url} was merged as {commit}, which {request.base_branch} has lost",
                hint="somebody reset the branch; open a new change request",
            )
        return Merged(commit)
