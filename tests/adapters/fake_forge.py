"""A forge in memory, over a drawn history: the local forge's contract without git."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from agentrelay.errors import ForgeError, UnknownNameError
from agentrelay.forge.core.change_request import Approval, ChangeRequest, ChangeRequestStatus
from agentrelay.forge.core.forge import (
    BaseMoved,
    HeadMoved,
    InTheWay,
    Merged,
    MergePlan,
    MergeResult,
    Proposal,
)


@dataclass
class FakeHistory:
    """Commits by id with their parents, and branches; ``in_use`` says why one can't be moved."""

    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    in_use: dict[str, str] = field(default_factory=dict)

    def contains(self, tip: str, commit: str) -> bool:
        seen, todo = set[str](), [tip]
        while todo:
            oid = todo.pop()
            if oid not in seen:
                seen.add(oid)
                todo += self.parents[oid]
        return commit in seen


class FakeForge:
    """Change requests in a dictionary; implements ``Forge``."""

    def __init__(self, history: FakeHistory) -> None:
        self.history = history
        self.requests: dict[int, ChangeRequest] = {}
        self.remarks: dict[tuple[int, str], str] = {}

    def find(self, head_branch: str, base_branch: str) -> ChangeRequest | None:
        pair = (head_branch, base_branch)
        return next((r for r in self.list() if (r.head_branch, r.base_branch) == pair), None)

    def show(self, number: int) -> ChangeRequest | None:
        return self.requests.get(number)

    def list(self, status: ChangeRequestStatus | None = None) -> list[ChangeRequest]:
        newest_first = reversed(self.requests.values())
        return [request for request in newest_first if status in (None, request.status)]

    def diff(self, number: int, *, stat: bool = False) -> str:
        request = self._require(number)
        return f"{'stat of ' if stat else ''}{request.base_branch}...{request.head}\n"

    def ensure(self, proposal: Proposal) -> ChangeRequest:
        request = self._match(proposal)
        if request is None:
            return self._open(proposal)
        changed = replace(request, title=proposal.title, body=proposal.body, head=proposal.head)
        if request.status is not ChangeRequestStatus.OPEN or changed == request:
            return request
        return self._keep(replace(changed, updated=proposal.time))

    def approve(self, number: int, approval: Approval) -> ChangeRequest:
        request = self._require(number)
        if any(replace(known, time=approval.time) == approval for known in request.approvals):
            return request
        self._require_open(request)
        approvals = (*request.approvals, approval)
        return self._keep(replace(request, approvals=approvals, updated=approval.time))

    def merge(self, number: int, plan: MergePlan) -> MergeResult:
        request = self._require(number)
        wanted = (plan.base_tip,) if plan.forward else (plan.base_tip, plan.head)
        is_head = plan.commit == plan.head
        if self.history.parents.get(plan.commit) != wanted or is_head != plan.forward:
            raise ForgeError(f"{plan.commit} is no merge of {plan.head} into {plan.base_tip}")
        if request.status is ChangeRequestStatus.CLOSED:
            raise ForgeError(f"{request.url} is closed")
        if request.head != plan.head:
            return HeadMoved(request.head)
        if request.status is ChangeRequestStatus.MERGED:
            return self._merged_before(request)
        tip = self.history.branches[request.base_branch]
        if not self.history.contains(tip, plan.commit):
            if tip != plan.base_tip:
                return BaseMoved(tip)
            if request.base_branch in self.history.in_use:
                return InTheWay(self.history.in_use[request.base_branch])
            self.history.branches[request.base_branch] = plan.commit
        status = ChangeRequestStatus.MERGED
        self._keep(replace(request, status=status, merge_commit=plan.commit, updated=plan.time))
        return Merged(plan.commit)

    def close(self, number: int, *, reason: str, time: str, by: str = "") -> ChangeRequest:
        _ = reason, by
        request = self._require(number)
        if request.status is ChangeRequestStatus.CLOSED:
            return request
        self._require_open(request)
        return self._keep(replace(request, status=ChangeRequestStatus.CLOSED, updated=time))

    def take_back(self, number: int, *, reason: str, time: str, by: str = "") -> ChangeRequest:
        _ = reason, by
        request = self._require(number)
        if request.status is ChangeRequestStatus.CLOSED:
            return request
        if request.merge_commit is None:
            raise ForgeError(f"{request.url} was not merged")
        tip = self.history.branches.get(request.base_branch)
        if tip is not None and self.history.contains(tip, request.merge_commit):
            raise ForgeError(f"{request.base_branch} still has the merge of {request.url}")
        return self._keep(replace(request, status=ChangeRequestStatus.CLOSED, updated=time))

    def remark(self, number: int, *, text: str, time: str, by: str = "") -> ChangeRequest:
        request = self._require(number)
        if (number, text) in self.remarks:
            return request
        self.remarks[number, text] = by
        return self._keep(replace(request, updated=time))

    def _match(self, proposal: Proposal) -> ChangeRequest | None:
        same_id = [request for request in self.list() if request.id == proposal.id]
        pair = (proposal.head_branch, proposal.base_branch)
        opened = self.list(ChangeRequestStatus.OPEN)
        same_pair = [r for r in opened if (r.head_branch, r.base_branch) == pair]
        return next(iter(same_id + same_pair), None)

    def _open(self, proposal: Proposal) -> ChangeRequest:
        if proposal.base_branch not in self.history.branches:
            raise ForgeError(f"the base branch {proposal.base_branch!r} does not exist")
        number = len(self.requests) + 1
        return self._keep(
            ChangeRequest(
                number=number,
                id=proposal.id,
                url=f"fake#{number}",
                title=proposal.title,
                body=proposal.body,
                head_branch=proposal.head_branch,
                base_branch=proposal.base_branch,
                head=proposal.head,
                status=ChangeRequestStatus.OPEN,
                created=proposal.time,
                updated=proposal.time,
                author=proposal.author,
            )
        )

    def _merged_before(self, request: ChangeRequest) -> Merged:
        commit = request.merge_commit or ""
        if not self.history.contains(self.history.branches[request.base_branch], commit):
            raise ForgeError(f"{request.url} was merged, which {request.base_branch} has lost")
        return Merged(commit)

    def _require(self, number: int) -> ChangeRequest:
        if number not in self.requests:
            raise UnknownNameError(f"there is no change request fake#{number}")
        return self.requests[number]

    def _require_open(self, request: ChangeRequest) -> None:
        if request.status is not ChangeRequestStatus.OPEN:
            raise ForgeError(f"{request.url} is {request.status.value}")

    def _keep(self, request: ChangeRequest) -> ChangeRequest:
        self.requests[request.number] = request
        return request
