"""GitHub as a forge: change requests are pull requests, by its REST interface.

Every write looks first. A request is known again by a mark at the end of its body, else by its
branches. What GitHub keeps by its own clock and accounts (times, authors) is told as it says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote

from agentrelay.errors import ForgeConflictError, ForgeError
from agentrelay.forge.core.change_request import Approval, ChangeRequest, ChangeRequestStatus
from agentrelay.forge.core.forge import MergePlan, MergeResult, Proposal
from agentrelay.forge.implementations.github_merge import GitHubMerge, MergeBy
from agentrelay.forge.implementations.github_pulls import MISSING, GitHubPulls
from agentrelay.forge.implementations.github_requests import (
    approval_text,
    fitting,
    mark_in,
    marked,
    remark_text,
    request_of,
)
from agentrelay.forge.implementations.http_client import HttpClient
from agentrelay.forge.implementations.remote_url import CLOUD

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_UNPROCESSABLE = 422


def api_of(host: str) -> str:
    """Return the URL of the REST interface of a host: github.com, or an Enterprise Server's."""
    if host == CLOUD:
        return "https://api.github.com"
    # Data residency (GHE.com) has a host of its own for it.
    return f"https://api.{host}" if host.endswith(".ghe.com") else f"https://{host}/api/v3"


@dataclass(frozen=True)
class GitHubForge:
    """The pull requests that ``pulls`` reads; implements ``RemoteForge``.

    With ``merge_by`` auto, what was judged is pushed to branches that nothing protects, and GitHub
    merges itself only where it must; with forge it always does.
    """

    pulls: GitHubPulls
    merge_by: MergeBy = "auto"

    def find(self, head_branch: str, base_branch: str) -> ChangeRequest | None:
        """Return the newest request of that pair, without its approvals, or None."""
        return self.pulls.find(head_branch, base_branch)

    def show(self, number: int) -> ChangeRequest | None:
        """Return the request of that number, or None."""
        return self.pulls.show(number)

    def list(self, status: ChangeRequestStatus | None = None) -> list[ChangeRequest]:
        """Return the requests, newest first, without their approvals; of one status if given."""
        return self.pulls.list(status)

    def diff(self, number: int, *, stat: bool = False) -> str:
        """Return what the request changes, against the merge base, as git prints it."""
        return self.pulls.diff(number, stat=stat)

    def ensure(self, proposal: Proposal) -> ChangeRequest:
        """Return the open request for the proposal's branches, made or brought up to date.

        Its head branch must have been pushed. A request of the proposal's own id that is merged or
        closed is returned as it is.
        """
        found = self._match(proposal)
        if found is None:
            return self._open(proposal)
        body = fitting(proposal.body)
        changed = replace(found, title=proposal.title, body=body)
        if found.status is not ChangeRequestStatus.OPEN or changed == found:
            return self.pulls.with_approvals(found)
        wanted = {"title": proposal.title, "body": marked(body, found.id or proposal.id)}
        answer = self._client.write("PATCH", self.pulls.pull(found.number), wanted)
        return self.pulls.whole(answer.json)

    def approve(self, number: int, approval: Approval) -> ChangeRequest:
        """Tell of ``approval`` in a comment; the same person's of the same content twice is one.

        It is no review of GitHub's: nobody may review what their own token opened.
        """
        request = self.pulls.require(number)
        if any(replace(known, time=approval.time) == approval for known in request.approvals):
            return request
        self._require_open(request)
        self._comment(number, approval_text(approval))
        return self.pulls.require(number)

    def merge(self, number: int, plan: MergePlan) -> MergeResult:
        """Merge what the plan says, as ``GitHubMerge`` does; merged already is success."""
        return GitHubMerge(self.pulls, self.merge_by, number, plan).attempt()

    def close(self, number: int, *, reason: str, time: str, by: str = "") -> ChangeRequest:
        """Close the request without merging; closed already is success, merged is ForgeError."""
        del time
        request = self.pulls.require(number)
        if request.status is ChangeRequestStatus.CLOSED:
            return request
        self._require_open(request)
        if reason:
            self._comment_once(number, remark_text(f"Closed: {reason}", by))
        self._client.write("PATCH", self.pulls.pull(number), {"state": "closed"})
        return self.pulls.require(number)

    def take_back(self, number: int, *, reason: str, time: str, by: str = "") -> ChangeRequest:
        """Return the request where it is closed; else ForgeError: what is merged stays so here."""
        del reason, time, by
        request = self.pulls.require(number)
        if request.status is ChangeRequestStatus.CLOSED:
            return request
        if request.merge_commit is None:
            raise ForgeConflictError(f"{request.url} was not merged")
        raise ForgeConflictError(f"on GitHub {request.url} stays merged; revert it there")

    def remark(self, number: int, *, text: str, time: str, by: str = "") -> ChangeRequest:
        """Note something in a comment, whatever the status; the same text twice is one."""
        del time
        self.pulls.require(number)
        self._comment_once(number, remark_text(text, by))
        return self.pulls.require(number)

    def glance(self, head_branch: str, base_branch: str) -> ChangeRequest | None:
        """Return what ``find`` does, or raise ForgeError at once where that would be waited for."""
        return self.pulls.find(head_branch, base_branch, optional=True)

    def may_merge(self, number: int) -> bool:
        """Tell whether an open request lacks nothing that GitHub asks for, as far as it knows."""
        return self.pulls.may_merge(number)

    @property
    def _client(self) -> HttpClient:
        return self.pulls.client

    def _match(self, proposal: Proposal) -> ChangeRequest | None:
        """Return the request of the proposal's id, else the open one of its branches."""
        pulls = self.pulls.of_pair(proposal.head_branch, proposal.base_branch)
        found = [request_of(pull) for pull in pulls]
        same = (request for request in found if request.id == proposal.id)
        is_open = (each for each in found if each.status is ChangeRequestStatus.OPEN)
        return next(same, None) or next(is_open, None)

    def _open(self, proposal: Proposal) -> ChangeRequest:
        body = {
            "title": proposal.title,
            "body": marked(fitting(proposal.body), proposal.id),
            "head": proposal.head_branch,
            "base": proposal.base_branch,
        }
        answer = self._client.write("POST", self.pulls.listing, body, ok=(_UNPROCESSABLE,))
        if answer.status != _UNPROCESSABLE:
            return request_of(answer.json)
        # Somebody opened it meanwhile, or an answer of ours was lost.
        found = self._match(proposal)
        if found is not None:
            return self.pulls.with_approvals(found)
        base = quote(proposal.base_branch, safe="/")
        if self._client.read(f"{self.pulls.root}/branches/{base}", ok=(MISSING,)).status == MISSING:
            raise ForgeError(f"the base branch {proposal.base_branch!r} does not exist")
        raise ForgeConflictError(f"GitHub opens no pull request: {answer.words}")

    def _comment_once(self, number: int, text: str) -> None:
        mark = mark_in(text)
        if all(mark_in(known) != mark for known in self.pulls.comments(number)):
            self._comment(number, text)

    def _comment(self, number: int, text: str) -> None:
        self._client.write("POST", f"{self.pulls.root}/issues/{number}/comments", {"body": text})

    def _require_open(self, request: ChangeRequest) -> None:
        if request.status is not ChangeRequestStatus.OPEN:
            raise ForgeConflictError(f"{request.url} is {request.status.value}")
