"""Searches for issues and change requests, by the qualifiers that ``gh`` writes."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from tests.emulator.core.hub import Hub
from tests.emulator.core.model import ChangeRequest, Issue, Repository, State, User
from tests.emulator.core.refusal import RefusalError, Why

STATES = {"open": State.OPEN, "closed": State.CLOSED, "merged": State.MERGED}


def search(hub: Hub, query: str, by: User) -> list[tuple[Repository, Issue]]:
    """Return what fits all words of ``query``, newest first; ``@me`` is ``by``."""
    words = [word.replace("@me", by.login) for word in shlex.split(query) if word not in ("(", ")")]
    slugs = [word.removeprefix("repo:") for word in words if word.startswith("repo:")]
    repositories = [hub.repository(slug) for slug in slugs] or list(hub.repositories.values())
    return [
        (repository, item)
        for repository in repositories
        for item in reversed(repository.items.values())
        if all(_fits(item, word) for word in words)
    ]


def _fits(item: Issue, word: str) -> bool:
    """Tell whether an item fits a word of a search."""
    name, colon, value = word.partition(":")
    if not colon:
        return word.lower() in f"{item.title}\n{item.body}".lower()
    if (name, value) in KINDS:
        return isinstance(item, ChangeRequest) == KINDS[name, value]
    if name not in QUALIFIERS:
        raise RefusalError(Why.INVALID, f"no search by {name} here")
    return QUALIFIERS[name](item, value)


def _in_state(item: Issue, value: str) -> bool:
    # A merged request is closed, too.
    return item.state is STATES[value] or (value, item.state) == ("closed", State.MERGED)


def _of_request(told: Callable[[ChangeRequest], object]) -> Callable[[Issue, str], bool]:
    """Return a test of what is told of a change request, which an issue never fits."""

    def fits(item: Issue, value: str) -> bool:
        found = told(item) if isinstance(item, ChangeRequest) else None
        return value in found if isinstance(found, list) else found == value

    return fits


KINDS = {(name, value): value == "pr" for name in ("type", "is") for value in ("pr", "issue")}
QUALIFIERS: dict[str, Callable[[Issue, str], bool]] = {
    "repo": lambda item, value: True,  # noqa: ARG005 - chosen before
    "sort": lambda item, value: True,  # noqa: ARG005 - newest first, always
    "state": _in_state,
    "is": _in_state,
    "author": lambda item, value: item.author.login == value,
    "label": lambda item, value: value in [label.name for label in item.labels],
    "draft": _of_request(lambda request: str(request.draft).lower()),
    "head": _of_request(lambda request: request.head_branch),
    "base": _of_request(lambda request: request.base_branch),
    "review-requested": _of_request(lambda request: [each.login for each in request.reviewers]),
}
