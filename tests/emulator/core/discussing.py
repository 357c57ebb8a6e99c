"""Comments and labels of issues and change requests."""

from __future__ import annotations

from collections.abc import Sequence

from tests.emulator.core.hub import Actor, checked_body
from tests.emulator.core.model import Comment, Issue, Repository
from tests.emulator.core.refusal import RefusalError, Why


def comment(by: Actor, item: Issue, body: str) -> Comment:
    """Add a comment."""
    now = by.hub.clock()
    made = Comment(by.hub.next_id(), by.user, checked_body(body), now, now)
    item.comments.append(made)
    by.note("commented", item, comment=made.id)
    return made


def comment_of(repository: Repository, number: int) -> tuple[Issue, Comment]:
    """Return a comment by its id, and what it is on."""
    for item in repository.items.values():
        for each in item.comments:
            if each.id == number:
                return item, each
    raise RefusalError(Why.NOT_FOUND, "Not Found")


def edit_comment(by: Actor, item: Issue, found: Comment, body: str) -> None:
    """Change the text of a comment."""
    found.body, found.updated = checked_body(body), by.hub.clock()
    by.note("comment_edited", item, comment=found.id)


def add_labels(by: Actor, item: Issue, names: Sequence[str]) -> None:
    """Label an item; a label that it has is not added again."""
    for label in (by.hub.label(by.repository, name) for name in names):
        if label not in item.labels:
            item.labels.append(label)
            by.note("labeled", item, label=label.name)


def remove_label(by: Actor, item: Issue, name: str) -> None:
    """Take a label off an item that has it."""
    for label in item.labels:
        if label.name.lower() == name.lower():
            item.labels.remove(label)
            by.note("unlabeled", item, label=label.name)
            return
    raise RefusalError(Why.NOT_FOUND, "Label does not exist")
