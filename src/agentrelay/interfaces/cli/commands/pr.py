"""``agentrelay pr``: change requests: list, show, merge, close."""

from __future__ import annotations

import click

from agentrelay.app.place import Place
from agentrelay.errors import RequestRefusedError
from agentrelay.forge.core.change_request import ChangeRequest, ChangeRequestStatus
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.command import Command, write_examples
from agentrelay.interfaces.cli.commands import approve
from agentrelay.interfaces.cli.deciding import say_next, send
from agentrelay.interfaces.cli.detail_text import request_lines
from agentrelay.interfaces.cli.names import Kind, Selected, all_graphs
from agentrelay.interfaces.cli.requests import parse_number, require_request
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.tables import aligned, screen_width
from agentrelay.interfaces.cli.text import bold, shown
from agentrelay.interfaces.views.request_view import request_view
from agentrelay.interfaces.views.stored_run import read_run

EXAMPLES = (
    "agentrelay pr list",
    "agentrelay pr show 7",
    "agentrelay pr merge 7",
    "agentrelay pr close 7 -m 'superseded'",
)


class _Group(click.Group):
    """The group of the commands on change requests, with examples."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then what Click writes."""
        write_examples(EXAMPLES, formatter)
        super().format_help(ctx, formatter)


@click.group(cls=_Group)
def command() -> None:
    """List, show, merge and close change requests: of tasks into their lane, of lanes."""


@command.command("list", cls=Command, examples=("agentrelay pr list", "agentrelay pr list --all"))
@click.option("--all", "everything", is_flag=True, help="Merged and closed ones too.")
@options.as_json
@click.pass_obj
def list_requests(session: Session, *, everything: bool, as_json: bool) -> None:
    """List the open change requests, newest first."""
    forge = session.place().forge()
    requests = forge.list(None if everything else ChangeRequestStatus.OPEN)
    if as_json:
        echo_json({"schema": 1, "change_requests": [request_view(one) for one in requests]})
        return
    if not requests:
        click.echo("no change requests here" if everything else "no open change requests here")
    for line in aligned([_row(one) for one in requests], width=screen_width()):
        click.echo(line)


@command.command("show", cls=Command, examples=("agentrelay pr show 7",))
@click.argument("number")
@options.as_json
@click.pass_obj
def show_request(session: Session, *, number: str, as_json: bool) -> None:
    """Show a change request, with which files it changes (agentrelay diff '#7' shows how)."""
    place = session.place()
    request = require_request(place, parse_number(number))
    if as_json:
        echo_json(request_view(request))
        return
    for line in request_lines(request, place.forge().diff(request.number, stat=True)):
        click.echo(line)


@command.command("merge", cls=Command, examples=("agentrelay pr merge 7",))
@click.argument("number")
@click.option("--resume", is_flag=True, help="Then go on with the run in the background.")
@options.yes
@options.no_input
@click.pass_context
def merge_request(
    ctx: click.Context, *, number: str, resume: bool, yes: bool, no_input: bool
) -> int:
    """Land the lane of a change request: the same as agentrelay approve LANE."""
    lane = _lane_of(ctx.obj.place(), parse_number(number))
    return ctx.invoke(approve.command, name=lane.full, resume=resume, yes=yes, no_input=no_input)


@command.command("close", cls=Command, examples=("agentrelay pr close 7 -m 'superseded'",))
@click.argument("number")
@options.message
@click.pass_obj
def close_request(session: Session, *, number: str, text: str) -> None:
    """Close the change request of a lane without landing it; the lane has failed then."""
    place = session.place()
    lane = _lane_of(place, parse_number(number))
    send(place, lane, "close", text)
    say_next(session, place, lane.folders, resume=False)


def _lane_of(place: Place, number: int) -> Selected:
    """Return the lane whose change request it is; RequestRefusedError where it is no lane's."""
    request = require_request(place, number)
    if request.status is not ChangeRequestStatus.OPEN:
        raise RequestRefusedError(f"change request #{number} is {request.status.value} already")
    for graph in all_graphs(place):
        lanes = read_run(graph.folders, graph.number).snapshot.lanes.values()
        name = next((lane.id for lane in lanes if lane.number == number), None)
        if name is not None:
            return Selected(Kind.LANE, name, graph.folders, graph.number)
    message = f"change request #{number} is that of a task, which lands in its lane by itself"
    raise RequestRefusedError(message, hint=f"agentrelay diff '#{number}' shows what it changes")


def _row(request: ChangeRequest) -> tuple[str, ...]:
    return (
        bold(f"#{request.number}"),
        request.status.value,
        shown(f"{request.head_branch} -> {request.base_branch}"),
        shown(request.title),
    )
