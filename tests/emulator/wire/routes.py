"""Finds what answers a request by its method and path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar
from urllib.parse import unquote

F = TypeVar("F", bound=Callable[..., object])


class Routes(Generic[F]):
    """A table of ``METHOD /path/{name}``; ``{name*}`` takes the rest of the path."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, re.Pattern[str], F]] = []

    def on(self, route: str) -> Callable[[F], F]:
        """Return a decorator that adds a function to the table."""
        method, path = route.split(" ")
        pattern = re.sub(r"\\\{(\w+)(\\\*)?\\\}", _group, re.escape(path))

        def added(answer: F) -> F:
            self.rows.append((method, re.compile(f"{pattern}/?"), answer))
            return answer

        return added

    def add(self, other: Routes[F]) -> None:
        """Add all rows of another table."""
        self.rows += other.rows

    def find(self, method: str, path: str) -> tuple[F, Mapping[str, str]] | None:
        """Return what answers there and what the names in its path stand for."""
        for each, pattern, answer in self.rows:
            found = pattern.fullmatch(path) if each == method else None
            if found is not None:
                return answer, {name: unquote(part) for name, part in found.groupdict().items()}
        return None


def _group(found: re.Match[str]) -> str:
    return f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})"
