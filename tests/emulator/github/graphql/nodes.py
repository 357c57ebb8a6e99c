"""Finds what a node id names, in whatever repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from tests.emulator.core.model import (
    ChangeRequest,
    Comment,
    Issue,
    Label,
    QueueEntry,
    Repository,
    Review,
    Thread,
    User,
)
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.github.graphql.connection import Node
from tests.emulator.github.graphql.pull_requests import queue_entry
from tests.emulator.github.graphql.repositories import item, repository
from tests.emulator.github.graphql.reviews import review, thread
from tests.emulator.github.graphql.world import World, comment, label, user
from tests.emulator.github.ids import number_of

T = TypeVar("T")


@dataclass(frozen=True)
class Located:
    """Something, and the repository and item that it is of."""

    repository: Repository
    item: Issue
    of: object


def node(world: World, node_id: str) -> Node:
    """Return the node of an id."""
    match node_id.partition("_")[0]:
        case "R":
            return repository(world, repository_by(world, node_id))
        case "U":
            return user(world, user_by(world, node_id))
        case "LA":
            return label(label_by(world, node_id))
        case _:
            return _shown(world, _located(world, node_id))


def _shown(world: World, found: Located) -> Node:
    request = found.item
    if isinstance(request, ChangeRequest):
        match found.of:
            case Thread():
                return thread(world, found.repository, request, found.of)
            case Review():
                return review(world, found.repository, request, found.of)
            case QueueEntry():
                return queue_entry(world, found.repository, request) or {}
            case _:
                pass
    if isinstance(found.of, Comment):
        return comment(world, found.repository, request, found.of)
    return item(world, found.repository, request)


def repository_by(world: World, node_id: str) -> Repository:
    """Return the repository of an id."""
    return _one(world.hub.repositories.values(), "R", node_id, lambda each: each.id)


def user_by(world: World, node_id: str) -> User:
    """Return the account of an id."""
    return _one(world.hub.users.values(), "U", node_id, lambda each: each.id)


def label_by(world: World, node_id: str) -> Label:
    """Return the label of an id."""
    labels = [each for repo in world.hub.repositories.values() for each in repo.labels.values()]
    return _one(labels, "LA", node_id, lambda each: each.id)


def located(world: World, node_id: str, kind: type[T]) -> tuple[Repository, Issue, T]:
    """Return what an id names, which is of a kind, and the repository and item that it is of."""
    found = _located(world, node_id)
    if not isinstance(found.of, kind):
        raise unknown(node_id)
    return found.repository, found.item, found.of


def request_by(world: World, node_id: str) -> tuple[Repository, ChangeRequest]:
    """Return the change request of an id, and its repository."""
    found, _, request = located(world, node_id, ChangeRequest)
    return found, request


def unknown(node_id: str) -> RefusalError:
    """Return how GitHub says that an id names nothing."""
    message = f"Could not resolve to a node with the global id of '{node_id}'."
    return RefusalError(Why.NOT_FOUND, message)


def _located(world: World, node_id: str) -> Located:
    kind = node_id.partition("_")[0]
    number = number_of(kind, node_id)
    for repo in world.hub.repositories.values():
        for each in repo.items.values():
            for name, identity, of in _parts(each):
                if (name, identity) == (kind, number):
                    return Located(repo, each, of)
    raise unknown(node_id)


def _parts(of: Issue) -> Iterator[tuple[str, int, object]]:
    """Yield what has an id in an item: the kind that its id says, the number, and itself."""
    yield ("PR" if isinstance(of, ChangeRequest) else "I"), of.id, of
    yield from (("IC", each.id, each) for each in of.comments)
    if not isinstance(of, ChangeRequest):
        return
    if of.queued is not None:
        yield "MQE", of.queued.id, of.queued
    yield from (("PRR", each.id, each) for each in of.reviews)
    yield from (("PRRT", each.id, each) for each in of.threads)


def _one(among: Iterable[T], kind: str, node_id: str, identity: Callable[[T], int]) -> T:
    number = number_of(kind, node_id)
    for each in among:
        if identity(each) == number:
            return each
    raise unknown(node_id)
