"""GitHub's primary rate limits: how many requests are left, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tests.emulator.github.errors import failure
from tests.emulator.wire.http import Response

HOUR = 3600
LIMIT = 5000
EXCEEDED = "API rate limit exceeded for user ID 1."


@dataclass
class Limits:
    """What was used of each resource since its window began."""

    clock: Callable[[], datetime]
    limit: int = LIMIT
    used: dict[str, int] = field(default_factory=lambda: {"core": 0, "graphql": 0})
    began: int = 0

    def use(self, resource: str, cost: int = 1) -> None:
        """Count a request."""
        self._renew()
        self.used[resource] += cost

    def remaining(self, resource: str) -> int:
        """Return how many requests are left."""
        self._renew()
        return max(0, self.limit - self.used[resource])

    def reset(self) -> int:
        """Return when the window ends, in seconds of the epoch."""
        self._renew()
        return self.began + HOUR

    def exceeded(self, resource: str) -> Response | None:
        """Return the refusal where nothing is left."""
        if self.remaining(resource):
            return None
        return failure(403, EXCEEDED).plus(self.headers(resource))

    def headers(self, resource: str) -> dict[str, str]:
        """Return the headers that tell a client."""
        shown = self._shown(resource)
        names = {f"X-RateLimit-{name.capitalize()}": str(value) for name, value in shown.items()}
        return {**names, "X-RateLimit-Resource": resource}

    def overview(self) -> dict[str, object]:
        """Return what ``/rate_limit`` says."""
        resources = {name: self._shown(name) for name in self.used}
        return {"resources": resources, "rate": resources["core"]}

    def _shown(self, resource: str) -> dict[str, int]:
        left = self.remaining(resource)
        return {
            "limit": self.limit,
            "remaining": left,
            "used": self.limit - left,
            "reset": self.reset(),
        }

    def _renew(self) -> None:
        now = int(self.clock().timestamp())
        if now >= self.began + HOUR:
            self.began = now
            self.used = dict.fromkeys(self.used, 0)
