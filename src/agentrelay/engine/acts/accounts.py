"""Keep turns from being started into a refusal that another turn has met, and tell of one's own."""

from __future__ import annotations

from collections.abc import Callable

from agentrelay._shared.clock import parse_rfc3339, rfc3339
from agentrelay.agent.core.accounts import Asking, Pause, Refusal, Turn
from agentrelay.agent.core.judging import ACCOUNT
from agentrelay.agent.core.report import Report, TurnResult
from agentrelay.engine.world import World
from agentrelay.journal.event import Event

ANSWERED = frozenset(
    {
        TurnResult.DONE,
        TurnResult.FAILED,
        TurnResult.NEEDS_INPUT,
        TurnResult.PERMISSION_DENIED,
        TurnResult.BUDGET,
    }
)
"""Results that a turn comes to only where the model's service has served it."""


def started_on(
    world: World, intent: Event, account: str, start: Callable[[], dict[str, object]]
) -> dict[str, object]:
    """Return what ``start`` returns, with the account; ``paused`` where that refuses turns now."""
    turn = _turn(world, intent)
    # An intent that an older version has left does not say.
    asked = intent.data.get("asked")
    asking = Asking(parse_rfc3339(asked["person"]), asked["again"]) if asked else Asking()
    pause = world.accounts.enter(account, turn, asking)
    if pause is not None:
        return {"paused": _facts(world, account, pause)}
    started = False
    try:
        result = start()
        started = not result.get("no_slot")
    finally:
        if not started:
            world.accounts.leave(account, turn, answered=False)
    return {"account": account, **result}


def told_by(
    world: World, intent: Event, result: TurnResult, report: Report | None
) -> dict[str, object]:
    """Keep what a turn's end tells of its account; return ``paused`` where it was refused."""
    account = intent.data.get("account")
    if account is None:
        return {}
    turn = _turn(world, intent)
    if result not in ACCOUNT:
        world.accounts.leave(account, turn, answered=result in ANSWERED)
        return {}
    until = report.until if report is not None else None
    pause = world.accounts.refuse(account, turn, Refusal(result, until))
    return {"paused": _facts(world, account, pause)}


def _turn(world: World, intent: Event) -> Turn:
    folders = world.run_folders.attempt(intent.task or "", intent.attempt or 1)
    folder = folders.turn(intent.turn or 1)
    return Turn(str(folder.absolute()), world.graph.name, intent.task or "")


def _facts(world: World, account: str, pause: Pause) -> dict[str, object]:
    until = pause.wait()
    return {
        "account": account,
        "until": rfc3339(until) if until is not None else None,
        "why": pause.why(world.graph.name),
    }
