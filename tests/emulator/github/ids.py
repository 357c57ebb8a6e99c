"""Node ids: opaque to clients, a kind and a number to us."""

from __future__ import annotations

import base64


def node_id(kind: str, number: int) -> str:
    """Return the id by which GraphQL names a thing."""
    return f"{kind}_{base64.urlsafe_b64encode(str(number).encode()).decode()}"


def number_of(kind: str, node: str) -> int | None:
    """Return the number of a node id, None where it is none of that kind."""
    found, _, code = node.partition("_")
    if found != kind:
        return None
    try:
        return int(base64.urlsafe_b64decode(code))
    except ValueError:
        return None
