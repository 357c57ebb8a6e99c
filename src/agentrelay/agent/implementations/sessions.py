"""Go on in the session of the turn before, where the program still has it."""

from __future__ import annotations

from collections.abc import Callable

from agentrelay.agent.core.adapter import Account, TurnRequest
from agentrelay.agent.implementations.programs import home_of

Kept = Callable[[TurnRequest, str], bool]
"""Tells whether a program still has a session."""


def going_on(request: TurnRequest, is_kept: Kept, *options: str) -> tuple[list[str], str]:
    """Return the ``options`` for the session of the turn before, and what that is to be told.

    ``{}`` in them is its id. Without such a session, there are none, and a fresh one is told all.
    """
    session = request.session
    if session is None or not is_kept(request, session):
        return [], request.prompt
    return [option.format(session) for option in options], request.follow_up


def by_file(account: Account, pattern: str) -> Kept:
    """Return what finds a session by its file in the folder of an account; ``{}`` is its id."""

    def is_kept(request: TurnRequest, session: str) -> bool:
        home = request.home or home_of(account, request.env)
        return any(home.glob(pattern.format(session)))

    return is_kept
