"""``agentrelay plan``: what a run of a graph would do, without doing it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from agentrelay.app.new_run import require_runnable
from agentrelay.config.load import load_graph
from agentrelay.config.templates import load_templates
from agentrelay.errors import AgentRelayError
from agentrelay.graph.plan import plan_of
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.plan_text import show_plan
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown, waits
from agentrelay.interfaces.cli.writing import write_new


@click.command(
    cls=Command,
    examples=(
        "agentrelay plan graph.yaml",
        "agentrelay plan graph.yaml --json",
        "agentrelay plan plan.md --write graph.yaml     # what the plan means",
    ),
)
@click.argument("graph", type=click.Path(path_type=Path))
@click.option(
    "--write",
    "written",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the graph to FILE, as YAML.",
)
@click.option("--force", is_flag=True, help="With --write: replace a file that is there.")
@click.option("--check", is_flag=True, help="Say only what is wrong; fail where it can't be run.")
@options.as_json
@click.pass_obj
def command(  # noqa: PLR0913 - one for each option
    session: Session, *, graph: Path, written: Path | None, force: bool, check: bool, as_json: bool
) -> None:
    """Show the lanes of GRAPH, their order, what would run side by side, and the critical path.

    GRAPH is YAML, or a plan in Markdown (.md). Nothing is started or changed. All problems of the
    file are shown at once.
    """
    place = session.place()
    loaded = load_graph(graph, place.given())
    load_templates(place.repo.top, loaded.graph)
    if written is not None:
        write_new(written, loaded.source, force=force)
        click.echo(f"wrote {shown(str(written))}", err=True)
    if check:
        require_runnable(loaded.graph)
        return
    plan = plan_of(loaded.graph)
    if as_json:
        click.echo(json.dumps({"schema": 1, **vars(plan)}, default=vars))
        return
    show_plan(plan)
    try:
        require_runnable(loaded.graph)
    except AgentRelayError as error:
        click.echo(waits(f"this version can't run it: {shown(error.message)}"), err=True)
        click.echo(f"  {shown(error.hint)}", err=True)
