"""``agentrelay list``: the graphs that have a run here, each with its latest run."""

from __future__ import annotations

import click

from agentrelay.app.lost import lost_graphs
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.lost_text import NO_RUN, lost_lines
from agentrelay.interfaces.cli.names import all_graphs
from agentrelay.interfaces.cli.run_text import state_word
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.tables import aligned, screen_width
from agentrelay.interfaces.cli.text import shown
from agentrelay.interfaces.views.listing import Listed, listed
from agentrelay.interfaces.views.stored_run import read_run


@click.command(cls=Command, examples=("agentrelay list", "agentrelay list --json"))
@options.as_json
@click.pass_obj
def command(session: Session, *, as_json: bool) -> None:
    """List the graphs that have a run here, each with its latest run."""
    place = session.place_to_read()
    graphs = all_graphs(place)
    lost = lost_graphs(place)
    found = [listed(read_run(one.folders, one.number)) for one in graphs]
    if as_json:
        echo_json({"schema": 1, "graphs": found, "deleted": lost})
        return
    if not found and not lost:
        click.echo(NO_RUN)
    for line in aligned([_row(one) for one in found], width=screen_width()):
        click.echo(line)
    for line in lost_lines(lost):
        click.echo(line)


def _row(one: Listed) -> tuple[str, ...]:
    needs = f"needs you: {one.needs_you}" if one.needs_you else ""
    return (
        one.graph,
        f"run {one.run}",
        state_word(one.state),
        f"{one.merged}/{one.tasks} tasks",
        f"{one.landed}/{one.lanes} lanes",
        one.started,
        needs,
        shown(one.about),
    )
