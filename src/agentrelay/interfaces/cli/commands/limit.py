"""``agentrelay limit``: set what a task, a lane or a run may take, from now on."""

from __future__ import annotations

from collections.abc import Iterable

import click

from agentrelay._shared.text import DURATION_RULE, parse_duration, quoted
from agentrelay.errors import UsageError
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import say_next, send
from agentrelay.interfaces.cli.names import ANYTHING, select
from agentrelay.interfaces.cli.session import Session
from agentrelay.task.core.task import BUDGETS


@click.command(
    cls=Command,
    examples=(
        "agentrelay limit cart cost_usd=10",
        "agentrelay limit lane:api tokens=5000000 time=2h",
        "agentrelay limit graph:shop cost_usd=none      # the run, without one",
    ),
)
@click.argument("name", metavar="TASK|LANE|GRAPH")
@click.argument("limits", metavar="KEY=VALUE...", nargs=-1, required=True)
@click.option("--resume", is_flag=True, help="Then go on with the run in the background.")
@click.pass_obj
def command(session: Session, *, name: str, limits: tuple[str, ...], resume: bool) -> None:
    """Set what a TASK, a LANE or the run of a GRAPH may take in all, from now on.

    KEY is cost_usd, tokens or time. What had used up what it had goes on. The graph's file is left
    as it is: another run begins with what that says.
    """
    place = session.place()
    selected = select(place, name, ANYTHING)
    send(place, selected, "limit", approval=dict(_parsed(limits)))
    say_next(session, place, selected.folders, resume=resume)


def _parsed(limits: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Give the limits by key, as numbers in words; UsageError for what is none."""
    for limit in limits:
        key, _, value = limit.partition("=")
        if key not in BUDGETS:
            raise UsageError(f"{quoted(limit)} sets no limit", hint=f"KEY is {', '.join(BUDGETS)}")
        if key != "time" or value == "none":
            yield key, value
        elif seconds := parse_duration(value):
            yield key, str(seconds)
        else:
            raise UsageError(f"{quoted(value)} is no duration", hint=DURATION_RULE)
