"""GitLab's API, version 4: who may call, and what then answers."""

from __future__ import annotations

from collections.abc import Mapping

from tests.emulator.core.hub import Hub
from tests.emulator.core.model import Token, User
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.dialect import Dialect
from tests.emulator.github.rest import bearer
from tests.emulator.gitlab import ci, merge_requests, projects, reviewing
from tests.emulator.gitlab.call import PREFIX, Call
from tests.emulator.wire.http import Request, Response

NOT_ALLOWED = (
    Why.NOT_OPEN,
    Why.DRAFT,
    Why.CHECKS,
    Why.APPROVALS,
    Why.CONVERSATIONS,
    Why.BEHIND,
    Why.QUEUED,
    Why.CLEAN,
    Why.METHOD,
    Why.NO_QUEUE,
)
"""What GitLab does not tell apart: all of these are a 405 without a reason."""

FIXED = {
    **dict.fromkeys(NOT_ALLOWED, (405, "405 Method Not Allowed")),
    Why.CONFLICT: (422, "Branch cannot be merged"),
    Why.OWN: (401, "401 Unauthorized"),
    Why.PROTECTED: (403, "403 Forbidden"),
    Why.NO_BRANCH: (404, "404 Branch Not Found"),
}
"""What is always told by the same words."""

STATUSES = {
    Why.NOT_FOUND: 404,
    Why.DUPLICATE: 409,
    Why.HEAD_MOVED: 409,
    Why.BASE_MOVED: 409,
    Why.SAME_BRANCH: 422,
}


class GitLab(Dialect[Call]):
    """Answers requests of GitLab's API."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub, *(each.ROUTES for each in (merge_requests, reviewing, ci, projects)))

    def call(self, request: Request, user: User, params: Mapping[str, str]) -> Call:
        """Return the call that a request is."""
        return Call(self.hub, request, user, params)

    def refused(self, error: RefusalError) -> Response:
        """Return how GitLab tells a refusal."""
        if error.why in FIXED:
            return self.failure(*FIXED[error.why])
        status, message = STATUSES.get(error.why, 400), error.message
        if error.why in (Why.DUPLICATE, Why.SAME_BRANCH):
            return Response(status, {"message": [message]})
        if status == 400 and error.field:
            return Response(400, {"message": {error.field: [message]}})
        is_plain = error.why is Why.NOT_FOUND and not message.startswith("404")
        return self.failure(status, "404 Not found" if is_plain else message)

    def failure(self, status: int, message: str) -> Response:
        """Return how GitLab tells an error."""
        return Response(status, {"message": message})

    def answer(self, request: Request) -> Response:
        """Return the answer."""
        token = self._token(request.headers)
        if token is None:
            return self.failure(401, "401 Unauthorized")
        path = request.path.removeprefix(PREFIX)
        return self.routed(request, path, token).conditional(request)

    def _token(self, headers: Mapping[str, str]) -> Token | None:
        given = self.hub.tokens.get(headers.get("private-token", ""))
        return given or bearer(self.hub, headers)
