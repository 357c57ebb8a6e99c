"""What the REST dialects have in common: a call, its page of a list, and who answers it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from tests.emulator.core.hub import Actor, Hub
from tests.emulator.core.model import ChangeRequest, Issue, Repository, Token, User
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.sync import sync
from tests.emulator.wire.http import MalformedError, Request, Response
from tests.emulator.wire.routes import Routes

T = TypeVar("T")
READS = ("GET", "HEAD")
MOST_PER_PAGE = 100


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of a list; ``last`` is the number of the last one."""

    items: Sequence[T]
    number: int
    last: int
    size: int
    total: int


@dataclass(frozen=True)
class Call(ABC):
    """A request that was admitted; ``params`` are the names in its path."""

    hub: Hub
    request: Request
    user: User
    params: Mapping[str, str]

    @property
    def root(self) -> str:
        """Return the address before the path of the request."""
        return f"http://{self.request.host}"

    @property
    def web_url(self) -> str:
        """Return the page of the repository."""
        return f"{self.root}/{self.repository.slug}"

    @abstractmethod
    def named_repository(self) -> Repository:
        """Return the repository that the path names."""

    @cached_property
    def repository(self) -> Repository:
        """Return the repository of the path, up to date with what was pushed."""
        found = self.named_repository()
        sync(self.hub, found)
        return found

    @property
    def body(self) -> dict[str, Any]:
        """Return what was sent."""
        return self.request.json()

    @property
    def actor(self) -> Actor:
        """Return who calls, as they act in the repository."""
        return Actor(self.hub, self.repository, self.user)

    @property
    def issue(self) -> Issue:
        """Return the issue or change request of the path."""
        found = self.repository.items.get(self.id("number"))
        if found is None:
            raise RefusalError(Why.NOT_FOUND, "Not Found")
        return found

    @property
    def change_request(self) -> ChangeRequest:
        """Return the change request of the path."""
        found = self.issue
        if not isinstance(found, ChangeRequest):
            raise RefusalError(Why.NOT_FOUND, "Not Found")
        return found

    def id(self, name: str = "id") -> int:
        """Return the number that the path has under ``name``."""
        if not self.params[name].isdigit():
            raise RefusalError(Why.NOT_FOUND, "Not Found")
        return int(self.params[name])

    def require(self, name: str) -> str:
        """Return a text that the body must have."""
        found = self.body.get(name)
        if not isinstance(found, str) or not found:
            raise RefusalError(Why.INVALID, f"{name} can't be blank", name)
        return found

    def listed(self, name: str) -> list[Any]:
        """Return a list of the body, an empty one where it is missing or null."""
        return self.body.get(name) or []

    def part(self, items: Sequence[T], size_name: str, default: int) -> Page[T]:
        """Return the page of a list that the query asks for."""
        size = max(1, min(self._number(size_name, default), MOST_PER_PAGE))
        number = max(1, self._number("page", 1))
        last = max(1, -(-len(items) // size))
        shown = items[(number - 1) * size : number * size]
        return Page(shown, number, last, size, len(items))

    def links_to(self, page: Page[Any]) -> dict[str, str]:
        """Return the Link header with the other pages, none where there are none."""
        others = {"prev": page.number - 1, "next": page.number + 1, "last": page.last, "first": 1}
        if page.number == 1:
            others = {rel: others[rel] for rel in ("next", "last")}
        if page.number >= page.last:
            others = {rel: others[rel] for rel in others if rel not in ("next", "last")}
        rels = [f'<{self._page_url(number)}>; rel="{rel}"' for rel, number in others.items()]
        return {"Link": ", ".join(rels)} if rels else {}

    def _page_url(self, number: int) -> str:
        query = {**self.request.query, "page": str(number)}
        return f"{self.root}{self.request.path}?{urlencode(query)}"

    def _number(self, name: str, default: int) -> int:
        given = self.request.query.get(name, "")
        return int(given) if given.isdigit() else default


C = TypeVar("C", bound=Call)


class Dialect(ABC, Generic[C]):
    """Answers the requests of one REST API by a table of routes."""

    def __init__(self, hub: Hub, *tables: Routes[Callable[[C], Response]]) -> None:
        self.hub = hub
        self.routes: Routes[Callable[[C], Response]] = Routes()
        for table in tables:
            self.routes.add(table)

    @abstractmethod
    def call(self, request: Request, user: User, params: Mapping[str, str]) -> C:
        """Return the call that a request is."""

    @abstractmethod
    def refused(self, error: RefusalError) -> Response:
        """Return how this API tells a refusal."""

    @abstractmethod
    def failure(self, status: int, message: str) -> Response:
        """Return how this API tells an error."""

    def routed(self, request: Request, path: str, token: Token) -> Response:
        """Return what is answered to who is known."""
        found = self.routes.find(request.method, path)
        if found is None:
            return self.failure(404, "Not Found")
        if request.method not in READS and not token.writes:
            return self.failure(403, "Resource not accessible by personal access token")
        answer, params = found
        try:
            return answer(self.call(request, token.user, params))
        except RefusalError as error:
            return self.refused(error)
        except MalformedError as error:
            return self.failure(400, str(error))
