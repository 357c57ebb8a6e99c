"""One call of the REST API: who calls, what for, and how its answers are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.emulator.core.hub import Actor, Hub
from tests.emulator.core.model import ChangeRequest, Issue, Repository, User
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.sync import sync
from tests.emulator.github.links import Links
from tests.emulator.wire.http import Request, Response

T = TypeVar("T")

PER_PAGE = 30
MOST_PER_PAGE = 100


@dataclass(frozen=True)
class Call:
    """A request that was admitted; ``params`` are the names in its path."""

    hub: Hub
    request: Request
    links: Links
    user: User
    params: Mapping[str, str]

    @property
    def body(self) -> dict[str, Any]:
        """Return what was sent."""
        return self.request.json()

    @cached_property
    def repository(self) -> Repository:
        """Return the repository of the path, up to date with what was pushed."""
        try:
            found = self.hub.repository(f"{self.params['owner']}/{self.params['repo']}")
        except RefusalError as error:
            raise RefusalError(Why.NOT_FOUND, "Not Found") from error
        sync(self.hub, found)
        return found

    @property
    def actor(self) -> Actor:
        """Return who calls, as they act in the repository."""
        return Actor(self.hub, self.repository, self.user)

    @property
    def issue(self) -> Issue:
        """Return the issue or change request of the path."""
        number = self.params["number"]
        found = self.repository.items.get(int(number)) if number.isdigit() else None
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

    def page(self, items: Sequence[T], shape: Callable[[T], object]) -> Response:
        """Return the page that was asked for, with links to the others."""
        shown, headers = self._page(items)
        return Response(200, [shape(item) for item in shown], headers)

    def counted(
        self,
        key: str,
        items: Sequence[T],
        shape: Callable[[T], object],
        more: Mapping[str, object] | None = None,
    ) -> Response:
        """Return the page that was asked for, in an object with the count of all, and ``more``."""
        shown, headers = self._page(items)
        found = {"total_count": len(items), key: [shape(item) for item in shown]}
        return Response(200, {**found, **(more or {})}, headers)

    def _page(self, items: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
        size = max(1, min(_number(self.request, "per_page", PER_PAGE), MOST_PER_PAGE))
        page = max(1, _number(self.request, "page", 1))
        last = max(1, -(-len(items) // size))
        others = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        if page == 1:
            others = {rel: others[rel] for rel in ("next", "last")}
        if page >= last:
            others = {rel: others[rel] for rel in others if rel not in ("next", "last")}
        rels = [f'<{self._page_url(number)}>; rel="{rel}"' for rel, number in others.items()]
        shown = items[(page - 1) * size : page * size]
        return shown, {"Link": ", ".join(rels)} if rels else {}

    def _page_url(self, page: int) -> str:
        query = {**self.request.query, "page": str(page)}
        return f"{self.links.root}{self.request.path}?{urlencode(query)}"


def _number(request: Request, name: str, default: int) -> int:
    given = request.query.get(name, "")
    return int(given) if given.isdigit() else default
