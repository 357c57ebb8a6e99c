"""``agentrelay plan``: what a run of a graph would do, without doing it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from agentrelay.app.new_run import require_runnable
from agentrelay.config.load import load_graph
from agentrelay.errors import AgentRelayError
from agentrelay.graph.plan import Plan, PlannedLane, plan_of
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import bold, shown, waits
from agentrelay.interfaces.cli.writing import write_new

SHOWN_WAVES = 50


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
@options.as_json
@click.pass_obj
def command(
    session: Session, *, graph: Path, written: Path | None, force: bool, as_json: bool
) -> None:
    """Show the lanes of GRAPH, their order, what would run side by side, and the critical path.

    GRAPH is YAML, or a plan in Markdown (.md). Nothing is started or changed. All problems of the
    file are shown at once.
    """
    loaded = load_graph(graph, session.place().given())
    if written is not None:
        write_new(written, loaded.source, force=force)
        click.echo(f"wrote {shown(str(written))}", err=True)
    plan = plan_of(loaded.graph)
    if as_json:
        click.echo(json.dumps({"schema": 1, **vars(plan)}, default=vars))
        return
    for line in _lines(plan):
        click.echo(line)
    try:
        require_runnable(loaded.graph)
    except AgentRelayError as error:
        click.echo(waits(f"this version can't run it: {shown(error.message)}"), err=True)
        click.echo(f"  {shown(error.hint)}", err=True)


def _lines(plan: Plan) -> Iterator[str]:
    tasks = sum(len(lane.tasks) for lane in plan.lanes)
    counts = f"lanes {len(plan.lanes)}, tasks {tasks}, agents at once {plan.max_agents}"
    yield bold(f"graph {plan.graph}: {counts}")
    yield ""
    yield "lanes, in the order in which they land:"
    for lane in plan.lanes:
        yield from _lane(lane)
    yield ""
    yield "side by side, if all tasks took equally long:"
    for number, wave in enumerate(plan.waves[:SHOWN_WAVES], 1):
        yield f"  {number}. {', '.join(wave)}"
    if len(plan.waves) > SHOWN_WAVES:
        yield f"  and {len(plan.waves) - SHOWN_WAVES} more (--json has all)"
    yield ""
    if plan.bypassing:
        yield waits(f"agents that may do whatever you can: {', '.join(plan.bypassing)}")
        yield ""
    yield f"critical path ({len(plan.critical_path)} tasks): {' > '.join(plan.critical_path)}"


def _lane(lane: PlannedLane) -> Iterator[str]:
    lands = "by itself when green" if lane.auto_merge else "when a person approves"
    after = f", after {', '.join(lane.lands_after)}" if lane.lands_after else ""
    where = f"{shown(lane.base_branch)} -> {shown(lane.merge_target_branch)}"
    yield f"  {bold(lane.id)}   {where}, lands {lands}{after}"
    for task in lane.tasks:
        needs = f"   after {', '.join(task.dependencies)}" if task.dependencies else ""
        yield f"    {task.wave}. {task.id} ({shown(task.agent)}){needs}"
