"""GitHub's REST API: who may call, how often, and what then answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.emulator.core.hub import Hub
from tests.emulator.core.model import Token
from tests.emulator.core.refusal import RefusalError
from tests.emulator.github import checks, issues, pulls, repositories, reviews
from tests.emulator.github.call import Call
from tests.emulator.github.errors import failure, refused
from tests.emulator.github.limits import Limits
from tests.emulator.github.links import ENTERPRISE, links_for
from tests.emulator.github.routing import GitHubRoutes
from tests.emulator.wire.http import MalformedError, Request, Response

READS = ("GET", "HEAD")


def _all_routes() -> GitHubRoutes:
    routes = GitHubRoutes()
    for module in (pulls, issues, reviews, checks, repositories):
        routes.add(module.ROUTES)
    return routes


@dataclass
class Rest:
    """Answers requests of the REST API."""

    hub: Hub
    limits: Limits
    routes: GitHubRoutes = field(default_factory=_all_routes)

    def answer(self, request: Request) -> Response:
        """Return the answer, with the headers that all answers have."""
        path = request.path.removeprefix(ENTERPRISE) or "/"
        prefix = ENTERPRISE if request.path.startswith(ENTERPRISE) else ""
        token = bearer(self.hub, request.headers)
        if path == "/rate_limit" and token is not None:
            return Response(200, self.limits.overview()).plus(self.limits.headers("core"))
        if path.startswith("/_logs/"):
            return self._routed(request, path, prefix, token or Token(self.hub.user("ghost")))
        if token is None:
            given = "authorization" in request.headers
            message = "Bad credentials" if given else "Requires authentication"
            return failure(401, message)
        refusal = self.limits.exceeded("core")
        if refusal is not None:
            return refusal
        answer = self._routed(request, path, prefix, token).conditional(request)
        if answer.status != 304:
            self.limits.use("core")
        scopes = {"X-OAuth-Scopes": "repo, read:org"}
        return answer.plus({**self.limits.headers("core"), **scopes})

    def _routed(self, request: Request, path: str, prefix: str, token: Token) -> Response:
        found = self.routes.find(request.method, path)
        if found is None:
            return failure(404, "Not Found")
        if request.method not in READS and not token.writes:
            return failure(403, "Resource not accessible by personal access token")
        answer, params = found
        links = links_for(request.host, prefix)
        try:
            return answer(Call(self.hub, request, links, token.user, params))
        except RefusalError as error:
            return refused(error)
        except MalformedError as error:
            return failure(400, str(error))


def bearer(hub: Hub, headers: Mapping[str, str]) -> Token | None:
    """Return what the client has identified itself by, or None."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return hub.tokens.get(token) if kind.lower() in ("bearer", "token") else None
