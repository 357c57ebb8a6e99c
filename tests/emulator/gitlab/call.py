"""One call of GitLab's API, and how its lists are answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.emulator import dialect
from tests.emulator.core.model import Repository
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.wire.http import Response
from tests.emulator.wire.routes import Routes

T = TypeVar("T")
PREFIX = "/api/v4"
PER_PAGE = 20
TRUE = (True, "true", "1", 1)


@dataclass(frozen=True)
class Call(dialect.Call):
    """A request that was admitted."""

    @property
    def given(self) -> dict[str, Any]:
        """Return the parameters, which may come in the query or the body."""
        return {**self.request.query, **self.body}

    def named_repository(self) -> Repository:
        """Return the project that the path names, by its id or its encoded path."""
        named = self.params["project"]
        for each in self.hub.repositories.values():
            if named.lower() in (str(each.id), each.slug.lower()):
                return each
        raise RefusalError(Why.NOT_FOUND, "404 Project Not Found")

    def flag(self, name: str) -> bool:
        """Return a parameter that is true or false."""
        return self.given.get(name) in TRUE

    def words(self, name: str) -> list[str] | None:
        """Return a parameter that is a list or a text with commas; None where it is not given."""
        found = self.given.get(name)
        if found is None or isinstance(found, list):
            return found  # pyright: ignore[reportUnknownVariableType] - JSON tells no more
        return [word.strip() for word in str(found).split(",") if word.strip()]

    def page(self, items: Sequence[T], shape: Callable[[T], object]) -> Response:
        """Return the page that was asked for, with headers that tell of the others."""
        page = self.part(items, "per_page", PER_PAGE)
        told = {
            "X-Page": str(page.number),
            "X-Per-Page": str(page.size),
            "X-Total": str(page.total),
            "X-Total-Pages": str(page.last),
            "X-Next-Page": str(page.number + 1) if page.number < page.last else "",
            "X-Prev-Page": str(page.number - 1) if page.number > 1 else "",
        }
        shown = [shape(item) for item in page.items]
        return Response(200, shown, {**told, **self.links_to(page)})


class GitLabRoutes(Routes[Callable[[Call], Response]]):
    """Routes of functions that answer a call."""


PROJECT = "/projects/{project}"
REQUESTS = f"{PROJECT}/merge_requests"
REQUEST = f"{REQUESTS}/{{number}}"
