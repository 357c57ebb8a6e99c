"""Gitea's and Forgejo's API, version 1: who may call, and what then answers."""

from __future__ import annotations

from collections.abc import Mapping

from tests.emulator.core.hub import Hub
from tests.emulator.core.model import User
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.dialect import Dialect
from tests.emulator.gitea import issues, pulls, repositories, reviews
from tests.emulator.gitea.call import PREFIX, Call
from tests.emulator.github.rest import bearer
from tests.emulator.wire.http import Request, Response

NOT_FOUND = "The target couldn't be found."
NO_CHANGES = "Invalid PullRequest: There are no changes between the head and the base"
TOLD = {
    Why.NOT_FOUND: (404, NOT_FOUND),
    Why.NO_BRANCH: (404, NOT_FOUND),
    Why.BAD_HEAD: (404, NOT_FOUND),
    Why.BAD_BASE: (404, NOT_FOUND),
    Why.NO_COMMITS: (422, NO_CHANGES),
    Why.NOT_OPEN: (405, ""),
    Why.DRAFT: (405, "Work in progress PRs cannot be merged"),
    Why.CONFLICT: (405, "Please try again later"),
    Why.CHECKS: (405, "Does not have all required status checks successful"),
    Why.APPROVALS: (405, "Does not have enough approvals"),
    Why.BEHIND: (405, "The head branch is behind the base branch"),
}
"""What is always told by the same words."""

STATUSES = {
    Why.PROTECTED: 403,
    Why.DUPLICATE: 409,
    Why.HEAD_MOVED: 409,
    Why.BASE_MOVED: 409,
    Why.METHOD: 405,
    Why.MERGED: 412,
}


class Gitea(Dialect[Call]):
    """Answers requests of Gitea's API."""

    def __init__(self, hub: Hub) -> None:
        tables = (each.ROUTES for each in (pulls, reviews, issues, repositories))
        super().__init__(hub, *tables, pulls.BY_BRANCHES)

    def call(self, request: Request, user: User, params: Mapping[str, str]) -> Call:
        """Return the call that a request is."""
        return Call(self.hub, request, user, params)

    def refused(self, error: RefusalError) -> Response:
        """Return how Gitea tells a refusal."""
        if error.why in TOLD:
            return self.failure(*TOLD[error.why])
        return self.failure(STATUSES.get(error.why, 422), error.message)

    def failure(self, status: int, message: str) -> Response:
        """Return how Gitea tells an error."""
        return Response(status, {"message": message, "url": "http://localhost/api/swagger"})

    def answer(self, request: Request) -> Response:
        """Return the answer."""
        token = bearer(self.hub, request.headers)
        if token is None:
            return self.failure(401, "token is required")
        return self.routed(request, request.path.removeprefix(PREFIX), token)
