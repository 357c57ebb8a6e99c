"""The GraphQL queries at the root."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.github.graphql.connection import Node, connection
from tests.emulator.github.graphql.nodes import node
from tests.emulator.github.graphql.repositories import item, repository
from tests.emulator.github.graphql.search import search
from tests.emulator.github.graphql.world import World, time, user


def repository_by_name(world: World, owner: str, name: str, *, follow_renames: bool = True) -> Node:
    """Return a repository."""
    del follow_renames
    return repository(world, world.hub.repository(f"{owner}/{name}"))


def user_by_name(world: World, login: str) -> Node:
    """Return an account that is not an organization; there are none of these."""
    if login not in world.hub.users:
        message = f"Could not resolve to a User with the login of '{login}'."
        raise RefusalError(Why.NOT_FOUND, message)
    return user(world, world.hub.users[login])


def organization(world: World, login: str) -> Node:
    """Say that there is none of that name."""
    del world
    message = f"Could not resolve to an Organization with the login of '{login}'."
    raise RefusalError(Why.NOT_FOUND, message)


def found(world: World, query: str, type: str, **page: Any) -> Node:  # noqa: A002 - GitHub's name
    """Search issues and change requests."""
    del type
    pairs = search(world.hub, query, world.viewer)
    return connection(pairs, lambda pair: item(world, *pair))(**page)


def rate_limit(world: World, *, dry_run: bool = False) -> Node:
    """Return how much is left."""
    del dry_run
    limits = world.limits
    left = limits.remaining("graphql")
    return {
        "limit": limits.limit,
        "cost": 1,
        "remaining": left,
        "used": limits.limit - left,
        "resetAt": time(datetime.fromtimestamp(limits.reset(), UTC)),
        "nodeCount": 0,
    }


def by_id(world: World, id: str) -> Node:  # noqa: A002 - GitHub's name
    """Return what an id names."""
    return node(world, id)


def by_ids(world: World, ids: list[str]) -> list[Node | RefusalError]:
    """Return what ids name; for one that names nothing there is an error, beside the others."""
    return [_or_refusal(world, each) for each in ids]


def _or_refusal(world: World, node_id: str) -> Node | RefusalError:
    try:
        return node(world, node_id)
    except RefusalError as error:
        return error


def viewer(world: World) -> Node:
    """Return who asks."""
    return user(world, world.viewer)


QUERIES: dict[str, Callable[..., object]] = {
    "viewer": viewer,
    "repository": repository_by_name,
    "node": by_id,
    "nodes": by_ids,
    "user": user_by_name,
    "organization": organization,
    "search": found,
    "rateLimit": rate_limit,
}
