"""``agentrelay gc``: let go of what was pinned, by a policy that is said each time."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from agentrelay._shared.clock import rfc3339
from agentrelay._shared.text import DURATION_RULE, Spelling, format_bytes, parse_duration, quoted
from agentrelay.app.kept import all_kept
from agentrelay.app.letting_go import Going, Plan, Policy, drop, plan
from agentrelay.app.place import Place
from agentrelay.engine.runs import graphs_of
from agentrelay.errors import UnknownNameError, UsageError
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.ask_user import Asking
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.tables import aligned, screen_width
from agentrelay.interfaces.cli.text import shown
from agentrelay.interfaces.cli.undoing import say_effects

DAY = 86400


@click.command(
    cls=Command,
    effects=("gc",),
    examples=(
        "agentrelay gc --older-than 30d --dry-run   # what would go",
        "agentrelay gc --older-than 30d",
        "agentrelay gc shop --run 3                 # the pins of one run",
        "agentrelay gc shop                         # of all runs of a graph but the latest",
    ),
)
@click.argument("name", metavar="[GRAPH]", required=False)
@click.option("--older-than", "age", metavar="AGE", help="Of runs that ended so long ago: 30d.")
@click.option("--run", "number", type=click.IntRange(min=1), metavar="N", help="Of this run.")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@options.yes
@options.no_input
@options.as_json
@click.pass_obj
def command(  # noqa: PLR0913 - one for each option
    session: Session,
    *,
    name: str | None,
    age: str | None,
    number: int | None,
    dry_run: bool,
    yes: bool,
    no_input: bool,
    as_json: bool,
) -> None:
    """Drop pins under refs/agentrelay/keep/ for good: of a graph, a run, or runs that are old.

    Nothing goes of a graph's latest run, of a graph that is being run, or that a run which stays
    was seen at. Sizes are estimates: what only these pins hold. The pins go; their objects stay
    in the repository until git collects garbage (`git gc`).
    """
    place = session.place_to_read()
    policy = _policy(place, name, age, number)
    planned = plan(place, policy)
    asking = Asking(yes, no_input)
    goes = bool(planned.going) and not dry_run
    if not as_json:
        if planned.going:
            say_effects("gc")
        for line in _lines(planned, place.clock.now()):
            click.echo(line)
    if goes:
        if not (yes or asking.possible):
            raise UsageError("nobody can be asked, so nothing was let go", hint="say --yes")
        asking.require("Let these go for good?", "nothing was let go")
        drop(place, planned, policy)
    if as_json:
        echo_json(_facts(planned, dropped=goes))
    elif goes:
        click.echo(f"{_pins(len(planned.refs))} let go; git gc frees the room, in its own time")


def _policy(place: Place, name: str | None, age: str | None, number: int | None) -> Policy:
    if name is None and age is None:
        raise UsageError("say what may go", hint="agentrelay gc --older-than 30d --dry-run")
    if number is not None and name is None:
        raise UsageError("--run needs the graph", hint=f"agentrelay gc GRAPH --run {number}")
    if name is not None:
        known = {folders.graph for folders in graphs_of(place.repo.top, place.repo.common_dir)}
        known |= {kept.name.graph for kept in all_kept(place.repo.git)}
        if name not in known:
            message = f"there is no graph {quoted(name)} here, and nothing is kept of one"
            raise UnknownNameError(message, hint=Spelling(known).hint(name))
    before = place.clock.now() - _seconds(age) if age is not None else None
    return Policy(name, number, before)


def _seconds(age: str) -> float:
    days = re.fullmatch(r"([0-9]{1,6})d", age)
    seconds = int(days[1]) * DAY if days else parse_duration(age)
    if seconds is None:
        raise UsageError(f"{quoted(age)} is no age", hint=f"30d, or {DURATION_RULE}")
    return seconds


def _lines(planned: Plan, now: float) -> Iterator[str]:
    if not planned.going:
        yield "nothing goes"
    yield from aligned([_row(each, now) for each in planned.going], width=screen_width())
    if planned.going:
        yield f"{_pins(len(planned.refs))}, together about {format_bytes(planned.bytes)}"
    for reason in planned.stays:
        yield f"stays: {shown(reason)}"


def _row(going: Going, now: float) -> tuple[str, ...]:
    run = f"run {going.run}" if going.run is not None else "no run"
    lane = f"lane {going.lane}"
    age = f"{max(0, int(now - going.ended)) // DAY} days old" if going.ended else "of unknown age"
    size = f"about {format_bytes(going.bytes)}"
    return shown(going.graph), run, shown(lane), age, _pins(len(going.pins)), size


def _pins(count: int) -> str:
    return "1 pin" if count == 1 else f"{count} pins"


def _facts(planned: Plan, *, dropped: bool) -> dict[str, object]:
    lanes = [
        {
            "graph": each.graph,
            "run": each.run,
            "lane": each.lane,
            "ended": rfc3339(each.ended) if each.ended else None,
            "bytes": each.bytes,
            "pins": {kept.pin.name: kept.pin.oid for kept in each.pins},
        }
        for each in planned.going
    ]
    return {
        "schema": 1,
        "dropped": dropped,
        "bytes": planned.bytes,
        "lanes": lanes,
        "stays": planned.stays,
    }
