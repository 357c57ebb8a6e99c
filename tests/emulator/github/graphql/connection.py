"""Connections: the part of a list that was asked for, with cursors to the rest."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tests.emulator.core.refusal import RefusalError, Why

T = TypeVar("T")
MOST = 100


Node = Mapping[str, object]
"""What a resolver returns: GitHub's names, with values, or functions that take the arguments."""


def connection(nodes: Sequence[T], shape: Callable[[T], Node]) -> Callable[..., Node]:
    """Return what resolves a connection: the part that first, last, after and before ask for.

    All of it where neither first nor last is given; GitHub tells no more than the count of that.
    """

    def resolved(**asked: Any) -> Node:
        begin, end = _bounds(len(nodes), asked)
        shown = [shape(each) for each in nodes[begin:end]]
        return {
            "nodes": shown,
            "edges": [
                {"cursor": _cursor(begin + at), "node": each} for at, each in enumerate(shown)
            ],
            "totalCount": len(nodes),
            "issueCount": len(nodes),
            "pageInfo": {
                "hasNextPage": end < len(nodes),
                "hasPreviousPage": begin > 0,
                "startCursor": _cursor(begin) if shown else None,
                "endCursor": _cursor(begin + len(shown) - 1) if shown else None,
            },
        }

    return resolved


def empty(**asked: Any) -> Node:
    """Return the connection of what this forge has none of."""
    return connection([], dict[str, object])(**asked)


def _bounds(total: int, asked: Mapping[str, Any]) -> tuple[int, int]:
    for name in ("first", "last"):
        count = asked.get(name)
        if count is not None and not 0 <= count <= MOST:
            message = f"Requesting {count} records on the connection exceeds the `{name}` limit"
            raise RefusalError(Why.INVALID, f"{message} of {MOST} records.")
    begin = 0 if asked.get("after") is None else _place(asked["after"]) + 1
    end = total if asked.get("before") is None else _place(asked["before"])
    if asked.get("first") is not None:
        end = min(end, begin + asked["first"])
    if asked.get("last") is not None:
        begin = max(begin, end - asked["last"])
    return begin, end


def _cursor(place: int) -> str:
    return base64.b64encode(f"cursor:{place}".encode()).decode()


def _place(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("cursor:"))
    except ValueError as error:
        message = f"`{cursor}` does not appear to be a valid cursor."
        raise RefusalError(Why.INVALID, message) from error
