"""What all nodes of one GraphQL request share, and the nodes that are simplest."""

from __future__ import annotations

from dataclasses import dataclass

from tests.emulator.core.hub import Actor, Hub
from tests.emulator.core.model import Comment, Issue, Label, Repository, User
from tests.emulator.github.graphql.connection import Node, empty
from tests.emulator.github.ids import node_id
from tests.emulator.github.limits import Limits
from tests.emulator.github.links import Links
from tests.emulator.github.shapes import time


@dataclass(frozen=True)
class World:
    """The forge as one account sees it."""

    hub: Hub
    links: Links
    viewer: User
    limits: Limits

    def actor(self, repository: Repository) -> Actor:
        """Return who asks, as they act in a repository."""
        return Actor(self.hub, repository, self.viewer)


def user(world: World, of: User) -> Node:
    """Return an account."""
    return {
        "__typename": "User",
        "id": node_id("U", of.id),
        "databaseId": of.id,
        "login": of.login,
        "name": of.login,
        "email": "",
        "url": f"{world.links.html}/{of.login}",
        "organizations": empty,
        "projectsV2": empty,
    }


def maybe_user(world: World, of: User | None) -> Node | None:
    """Return an account where there is one."""
    return None if of is None else user(world, of)


def label(of: Label) -> Node:
    """Return a label."""
    return {
        "__typename": "Label",
        "id": node_id("LA", of.id),
        "name": of.name,
        "color": of.color,
        "description": of.description,
    }


def comment(world: World, repository: Repository, on: Issue, of: Comment) -> Node:
    """Return a comment on an issue or change request."""
    return {
        "__typename": "IssueComment",
        "id": node_id("IC", of.id),
        "databaseId": of.id,
        "fullDatabaseId": str(of.id),
        "author": user(world, of.author),
        "authorAssociation": association(repository, of.author),
        "body": of.body,
        "createdAt": time(of.created),
        "updatedAt": time(of.updated),
        "includesCreatedEdit": of.created != of.updated,
        "isMinimized": False,
        "minimizedReason": None,
        "reactionGroups": [],
        "url": f"{world.links.item(repository, on)}#issuecomment-{of.id}",
        "viewerDidAuthor": of.author == world.viewer,
    }


def association(repository: Repository, of: User) -> str:
    """Return what an account is to a repository."""
    if of == repository.owner:
        return "OWNER"
    return "COLLABORATOR" if of in repository.collaborators else "NONE"
