"""GitHub's REST API: who may call, how often, and what then answers."""

from __future__ import annotations

from collections.abc import Mapping

from tests.emulator.core.hub import Hub
from tests.emulator.core.model import Token, User
from tests.emulator.core.refusal import RefusalError
from tests.emulator.dialect import Dialect
from tests.emulator.github import checks, issues, pulls, repositories, reviews
from tests.emulator.github.call import Call
from tests.emulator.github.errors import failure, refused
from tests.emulator.github.limits import Limits
from tests.emulator.github.links import ENTERPRISE, links_for
from tests.emulator.wire.http import Request, Response


class Rest(Dialect[Call]):
    """Answers requests of the REST API."""

    def __init__(self, hub: Hub, limits: Limits) -> None:
        tables = (module.ROUTES for module in (pulls, issues, reviews, checks, repositories))
        super().__init__(hub, *tables)
        self.limits = limits

    def call(self, request: Request, user: User, params: Mapping[str, str]) -> Call:
        """Return the call that a request is."""
        prefix = ENTERPRISE if request.path.startswith(ENTERPRISE) else ""
        links = links_for(request.host, prefix)
        return Call(self.hub, request, user, params, links)

    def refused(self, error: RefusalError) -> Response:
        """Return how GitHub tells a refusal."""
        return refused(error)

    def failure(self, status: int, message: str) -> Response:
        """Return how GitHub tells an error."""
        return failure(status, message)

    def answer(self, request: Request) -> Response:
        """Return the answer, with the headers that all answers have."""
        path = request.path.removeprefix(ENTERPRISE) or "/"
        token = bearer(self.hub, request.headers)
        if path == "/rate_limit" and token is not None:
            return Response(200, self.limits.overview()).plus(self.limits.headers("core"))
        if path.startswith("/_logs/"):
            return self.routed(request, path, token or Token(self.hub.user("ghost")))
        if token is None:
            given = "authorization" in request.headers
            return failure(401, "Bad credentials" if given else "Requires authentication")
        refusal = self.limits.exceeded("core")
        if refusal is not None:
            return refusal
        answer = self.routed(request, path, token).conditional(request)
        if answer.status != 304:
            self.limits.use("core")
        scopes = {"X-OAuth-Scopes": "repo, read:org"}
        return answer.plus({**self.limits.headers("core"), **scopes})


def bearer(hub: Hub, headers: Mapping[str, str]) -> Token | None:
    """Return what the client has identified itself by, or None."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return hub.tokens.get(token) if kind.lower() in ("bearer", "token") else None
