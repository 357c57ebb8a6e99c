"""``agentrelay show``: all that is known of a task, a lane, a graph or a change request."""

from __future__ import annotations

from collections.abc import Iterator

import click

from agentrelay.app.place import Place
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.detail_text import lane_lines, request_lines, task_lines
from agentrelay.interfaces.cli.names import ANYTHING, Kind, Selected, select
from agentrelay.interfaces.cli.requests import request_number, require_request
from agentrelay.interfaces.cli.run_text import need_lines, run_lines
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.tables import aligned
from agentrelay.interfaces.cli.text import shown
from agentrelay.interfaces.views.details import lane_details, task_details
from agentrelay.interfaces.views.request_view import request_view
from agentrelay.interfaces.views.run_view import view_of
from agentrelay.interfaces.views.spent_view import bill
from agentrelay.interfaces.views.stored_run import StoredRun, read_run


@click.command(
    cls=Command,
    examples=(
        "agentrelay show cart",
        "agentrelay show lane:api",
        "agentrelay show shop --json",
        "agentrelay show '#7'",
    ),
)
@click.argument("name", metavar="TASK|LANE|GRAPH|#N")
@options.as_json
@click.pass_obj
def command(session: Session, *, name: str, as_json: bool) -> None:
    """Show all that is known of a task, a lane, a graph or a change request."""
    place = session.place_to_read()
    number = request_number(name)
    if number is not None:
        _show_request(place, number, as_json=as_json)
        return
    selected = select(place, name, ANYTHING)
    stored = read_run(selected.folders, selected.number)
    if as_json:
        echo_json(_details(stored, selected))
        return
    for line in _lines(stored, selected):
        click.echo(line)


def _show_request(place: Place, number: int, *, as_json: bool) -> None:
    request = require_request(place, number)
    if as_json:
        echo_json(request_view(request))
        return
    for line in request_lines(request, place.forge().diff(number, stat=True)):
        click.echo(line)


def _details(stored: StoredRun, selected: Selected) -> object:
    if selected.kind is Kind.TASK:
        return task_details(stored, selected.id)
    if selected.kind is Kind.LANE:
        return lane_details(stored, selected.id)
    return view_of(stored)


def _lines(stored: StoredRun, selected: Selected) -> Iterator[str]:
    if selected.kind is Kind.TASK:
        return task_lines(task_details(stored, selected.id))
    if selected.kind is Kind.LANE:
        return lane_lines(lane_details(stored, selected.id))
    return _graph_lines(stored)


def _graph_lines(stored: StoredRun) -> Iterator[str]:
    view, facts, run = view_of(stored), stored.facts, stored.folders.run(stored.number)
    yield from run_lines(view)
    yield from need_lines(view.needs_you)
    rows = (
        ("took", bill(view.spent)),
        ("started", facts.started),
        ("with", f"agentrelay {facts.agentrelay}"),
        ("default branch", facts.default_branch),
        ("pushes", facts.publish),
        ("forge", facts.forge_at),
        ("agents at once", str(facts.max_agents)),
        ("runs", ", ".join(str(number) for number in stored.folders.runs())),
        ("graph", str(run.graph_file)),
        ("journal", str(run.journal)),
    )
    told = [(name, shown(value)) for name, value in rows if value]
    yield from aligned(told, indent="  ")
