"""Deletes branches, as forges do it."""

from __future__ import annotations

from tests.emulator.core.bare import GONE
from tests.emulator.core.hub import Actor
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.sync import sync


def delete_branch(by: Actor, name: str) -> None:
    """Delete a branch that is neither protected nor the default; its open requests are closed."""
    repository = by.repository
    tip = repository.bare.heads().get(name)
    if tip is None:
        raise RefusalError(Why.NO_BRANCH, "Reference does not exist")
    if name == repository.default_branch:
        raise RefusalError(Why.PROTECTED, "can not delete default branch")
    if name in repository.protections:
        raise RefusalError(Why.PROTECTED, "branch protected")
    repository.bare.move(f"refs/heads/{name}", GONE, tip)
    sync(by.hub, repository)
