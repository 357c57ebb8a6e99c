"""``agentrelay replay``: decide again on what a run's journal says came in, and compare."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from agentrelay.engine.replay import Difference
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.names import select_graph
from agentrelay.interfaces.cli.run_text import run_lines
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import bad, good, shown
from agentrelay.interfaces.views.replay_view import ReplayView, replay_view
from agentrelay.journal.event import Draft, Event

SAME, DIFFERS = 0, 1


@click.command(
    cls=Command,
    examples=(
        "agentrelay replay",
        "agentrelay replay shop --run 1",
        "agentrelay replay shop --to 120     # and show the run as it was after event 120",
    ),
)
@click.argument("graph", required=False)
@click.option("--run", "number", type=click.IntRange(1), metavar="N", help="Default: the latest.")
@click.option("--to", type=click.IntRange(1), metavar="SEQ", help="Stop at this event, show it.")
@options.as_json
@click.pass_obj
def command(
    session: Session, *, graph: str | None, number: int | None, to: int | None, as_json: bool
) -> int:
    """Feed a run's journal through the engine, and see whether it decides the same.

    The journal has what came in and what was decided. What came in is decided on again; nothing
    is carried out. Ends with 0 where every decision is the recorded one, and with 1 at the first
    that is not, which is shown. GRAPH is by default the graph that was started last.
    """
    selected = select_graph(session.place_to_read(), graph)
    found = replay_view(selected.folders, number or selected.number, to=to)
    if as_json:
        echo_json(_content(found, whole=to is not None))
    else:
        for line in _lines(found, whole=to is not None):
            click.echo(line)
    return SAME if found.same else DIFFERS


def _content(found: ReplayView, *, whole: bool) -> object:
    content = dict(vars(found))
    content["gaps"] = [{"seq": gap.seq, "decided": _fields(gap.decided)} for gap in found.gaps]
    content["standstills"] = [each._asdict() for each in found.standstills]
    if found.difference is not None:
        content["difference"] = {
            "seq": found.difference.seq,
            "recorded": _fields(found.difference.recorded),
            "decided": _fields(found.difference.decided),
            "why": found.difference.why,
        }
    if not whole:
        del content["state"]
    return content


def _fields(event: Event | Draft | None) -> object:
    return None if event is None else {**event._asdict(), "data": dict(event.data)}


def _lines(found: ReplayView, *, whole: bool) -> Iterator[str]:
    if whole:
        yield from run_lines(found.state)
        yield ""
    for gap in found.gaps:
        next_ = _said(gap.decided)
        yield f"after {gap.seq} the rest of a step was never written; it would go on with {next_}"
    for each in found.standstills:
        yield f"{bad('gave up')} after {each.seq}: {shown(each.report)}"
    name = f"{shown(found.graph)} run {found.run}"
    if found.difference is not None:
        place = f"event {found.difference.seq} of {found.events}"
        before = f"{found.commands} decisions before it are the same"
        yield f"{name}: {bad('differs')} at {place}; {before}"
        yield from _difference(found.difference)
        return
    decided = f"{good('all')} {found.commands} decisions are the same"
    yield f"{name}: {decided}, on {found.inputs} inputs ({found.seq} of {found.events} events)"


def _difference(difference: Difference) -> Iterator[str]:
    yield f"  in the journal: {_said(difference.recorded)}"
    if difference.why:
        yield f"  {shown(difference.why)}"
    else:
        yield f"  decided now:    {_said(difference.decided)}"


def _said(event: Event | Draft | None) -> str:
    if event is None:
        return "nothing"
    where = [event.workstream, event.task, event.attempt, event.turn]
    about = "/".join(str(part) for part in where if part is not None)
    return shown(f"{event.type} {about} {json.dumps(dict(event.data))}")
