"""One call of GitHub's REST API, and how its lists are answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tests.emulator import dialect
from tests.emulator.core.model import Repository
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.github.links import Links
from tests.emulator.wire.http import Response

T = TypeVar("T")
PER_PAGE = 30


@dataclass(frozen=True)
class Call(dialect.Call):
    """A request that was admitted."""

    links: Links

    @property
    def root(self) -> str:
        """Return the address before the path of the request."""
        return self.links.root

    def named_repository(self) -> Repository:
        """Return the repository that the path names."""
        try:
            return self.hub.repository(f"{self.params['owner']}/{self.params['repo']}")
        except RefusalError as error:
            raise RefusalError(Why.NOT_FOUND, "Not Found") from error

    def page(self, items: Sequence[T], shape: Callable[[T], object]) -> Response:
        """Return the page that was asked for, with links to the others."""
        page = self.part(items, "per_page", PER_PAGE)
        return Response(200, [shape(item) for item in page.items], self.links_to(page))

    def counted(
        self,
        key: str,
        items: Sequence[T],
        shape: Callable[[T], object],
        more: Mapping[str, object] | None = None,
    ) -> Response:
        """Return the page that was asked for, in an object with the count of all, and ``more``."""
        page = self.part(items, "per_page", PER_PAGE)
        found = {"total_count": page.total, key: [shape(item) for item in page.items]}
        return Response(200, {**found, **(more or {})}, self.links_to(page))
