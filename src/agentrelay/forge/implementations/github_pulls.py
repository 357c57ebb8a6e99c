"""Reads the pull requests of a GitHub repository, by its REST interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from agentrelay.errors import UnknownNameError
from agentrelay.forge.core.change_request import ChangeRequest, ChangeRequestStatus
from agentrelay.forge.implementations.github_requests import approvals_in, request_of
from agentrelay.forge.implementations.http_client import HttpClient
from agentrelay.gitio.repository import Repository

DIFF = "application/vnd.github.diff"
MISSING = 404
_MERGEABLE = frozenset({"clean", "has_hooks", "unstable"})
"""Of GitHub's states; unstable: what is red or under way is not required."""
_PAGE = 100


@dataclass(frozen=True)
class GitHubPulls:
    """The pull requests of ``repository`` (owner/name), of which ``repo`` is a clone."""

    client: HttpClient
    repository: str
    repo: Repository

    def find(
        self, head_branch: str, base_branch: str, *, optional: bool = False
    ) -> ChangeRequest | None:
        """Return the newest request of that pair, without its approvals, or None."""
        newest = next(self.of_pair(head_branch, base_branch, optional=optional), None)
        return None if newest is None else request_of(newest)

    def show(self, number: int) -> ChangeRequest | None:
        """Return the request of that number, or None."""
        answer = self.client.read(self.pull(number), ok=(MISSING,))
        return None if answer.status == MISSING else self.whole(answer.json)

    def is_open(self, number: int) -> bool:
        """Tell whether the request of that number is open, by one question."""
        pull = self.client.read(self.pull(number)).json
        return request_of(pull).status is ChangeRequestStatus.OPEN

    def may_merge(self, number: int) -> bool:
        """Tell whether an open request lacks nothing; GitHub works that out after it was asked."""
        pull = self.client.read(self.pull(number), optional=True).json
        return pull["state"] == "open" and pull["mergeable_state"] in _MERGEABLE

    def list(self, status: ChangeRequestStatus | None = None) -> list[ChangeRequest]:
        """Return the requests, newest first, without their approvals; of one status if given.

        Those of branches in other repositories are none of ours, whatever their branches' names.
        """
        state = {None: "all", ChangeRequestStatus.OPEN: "open"}.get(status, "closed")
        query = urlencode({"state": state, "per_page": _PAGE})
        pulls = self.client.pages(f"{self.listing}?{query}", optional=True)
        found = map(request_of, filter(self._is_from_here, pulls))
        return [request for request in found if status in (None, request.status)]

    def _is_from_here(self, pull: Mapping[str, Any]) -> bool:
        # A fork that was deleted is told as none.
        there: Mapping[str, str] = pull["head"]["repo"] or {"full_name": ""}
        return there["full_name"].lower() == self.repository.lower()

    def diff(self, number: int, *, stat: bool = False) -> str:
        """Return what the request changes, against the merge base, as git prints it."""
        answer = self.client.read(self.pull(number), accept=DIFF, ok=(MISSING,))
        if answer.status == MISSING:
            raise self._unknown(number)
        if not stat:
            return answer.text
        summed = self.repo.git.run("apply", "--stat", "-", stdin=answer.text.encode())
        return summed.stdout.decode("utf-8", "replace")

    def is_protected(self, branch: str) -> bool:
        """Tell whether GitHub asks anything of those who change a branch.

        A push of somebody who may pass by that would do so unseen, hence the question.
        """
        name = quote(branch, safe="/")
        if self.client.read(f"{self.root}/branches/{name}").json.get("protected"):
            return True
        rules = self.client.read(f"{self.root}/rules/branches/{name}", ok=(MISSING,))
        # Older Enterprise Servers know no rules.
        return rules.status != MISSING and bool(rules.json)

    @property
    def root(self) -> str:
        """Return the path of the repository."""
        return f"/repos/{quote(self.repository, safe='/')}"

    @property
    def listing(self) -> str:
        """Return the path of its pull requests."""
        return f"{self.root}/pulls"

    def pull(self, number: int) -> str:
        """Return the path of a pull request."""
        return f"{self.listing}/{number}"

    def of_pair(
        self, head: str, base: str, *, optional: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        """Give the pull requests of two branches, newest first, as GitHub tells them."""
        owner = self.repository.partition("/")[0]
        wanted = {"head": f"{owner}:{head}", "base": base, "state": "all", "per_page": _PAGE}
        return self.client.pages(f"{self.listing}?{urlencode(wanted)}", optional=optional)

    def whole(self, pull: Mapping[str, Any]) -> ChangeRequest:
        """Return the change request that a pull request is, with its approvals."""
        return self.with_approvals(request_of(pull))

    def with_approvals(self, request: ChangeRequest) -> ChangeRequest:
        """Return the request with the approvals that its comments tell of."""
        return replace(request, approvals=approvals_in(self.comments(request.number)))

    def comments(self, number: int) -> Iterator[str]:
        """Give the comments on a pull request, oldest first."""
        path = f"{self.root}/issues/{number}/comments?per_page={_PAGE}"
        return (str(comment.get("body") or "") for comment in self.client.pages(path))

    def require(self, number: int) -> ChangeRequest:
        """Return the request of that number; UnknownNameError where there is none."""
        found = self.show(number)
        if found is None:
            raise self._unknown(number)
        return found

    def _unknown(self, number: int) -> UnknownNameError:
        return UnknownNameError(f"there is no pull request #{number} in {self.repository}")
