"""``agentrelay list``: the graphs that have a run here, each with its latest run."""

from __future__ import annotations

import click

from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.command import Command
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
    graphs = all_graphs(session.place_to_read())
    found = [listed(read_run(one.folders, one.number)) for one in graphs]
    if as_json:
        echo_json({"schema": 1, "graphs": found})
        return
    if not found:
        click.echo("no graph has a run here; agentrelay run GRAPH starts one")
    for line in aligned([_row(one) for one in found], width=screen_width()):
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
