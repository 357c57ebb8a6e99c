"""One call of Gitea's API, and how its lists are answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tests.emulator import dialect
from tests.emulator.core.model import Repository
from tests.emulator.wire.http import Response
from tests.emulator.wire.routes import Routes

T = TypeVar("T")
PREFIX = "/api/v1"
LIMIT = 30


@dataclass(frozen=True)
class Call(dialect.Call):
    """A request that was admitted."""

    @property
    def api(self) -> str:
        """Return the repository's address in the API."""
        return f"{self.root}{PREFIX}/repos/{self.repository.slug}"

    def named_repository(self) -> Repository:
        """Return the repository that the path names."""
        return self.hub.repository(f"{self.params['owner']}/{self.params['repo']}")

    def page(self, items: Sequence[T], shape: Callable[[T], object]) -> Response:
        """Return the page that was asked for, with the count of all and links to the others."""
        page = self.part(items, "limit", LIMIT)
        told = {"X-Total-Count": str(page.total), **self.links_to(page)}
        return Response(200, [shape(item) for item in page.items], told)


class GiteaRoutes(Routes[Callable[[Call], Response]]):
    """Routes of functions that answer a call."""


REPO = "/repos/{owner}/{repo}"
PULLS = f"{REPO}/pulls"
PULL = f"{PULLS}/{{number}}"
ISSUES = f"{REPO}/issues"
