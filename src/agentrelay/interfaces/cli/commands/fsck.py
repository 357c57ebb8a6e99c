"""``agentrelay fsck``: prove that nothing was lost, and that what is done is there."""

from __future__ import annotations

from collections.abc import Iterator

import click

from agentrelay.app.fsck import Checked, CheckedRun, Problem, check
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.lost_text import lost_lines
from agentrelay.interfaces.cli.names import Kind, select
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import bad, good, shown

SOUND, LOST = 0, 1


@click.command(
    cls=Command,
    examples=("agentrelay fsck", "agentrelay fsck shop", "agentrelay fsck --json"),
)
@click.argument("name", metavar="[GRAPH]", required=False)
@options.as_json
@click.pass_obj
def command(session: Session, *, name: str | None, as_json: bool) -> int:
    """Check that nothing was lost, in all runs of a graph or of every graph here.

    Every commit at which a journal saw an attempt or a lane must be led to by a ref, every done
    task must be in its lane, every landed lane in its target, and every pin must be whole. Ends
    with 1 where something is missing, and names it.
    """
    place = session.place()
    graph = select(place, name, {Kind.GRAPH}).id if name is not None else None
    found = check(place, graph)
    if as_json:
        echo_json({"schema": 1, "ok": not found.problems, **vars(found)})
    else:
        for line in _lines(found):
            click.echo(line)
    return LOST if found.problems else SOUND


def _lines(found: Checked) -> Iterator[str]:
    for run in found.runs:
        yield _run(run)
    yield f"{found.pins} pins under refs/agentrelay/keep/"
    for problem in found.problems:
        yield f"{bad('missing')}: {shown(_problem(problem))}"
    yield from lost_lines(found.deleted)
    if found.problems:
        return
    if found.runs:
        states = sum(run.states for run in found.runs if not run.let_go)
        yield good("nothing is lost") + f": all {states} states are there"
    else:
        yield "no run is stored here: only pins were checked, and they are whole"


def _run(run: CheckedRun) -> str:
    kept = f"; its pins were let go at {run.let_go}" if run.let_go else ""
    return (
        f"{shown(run.graph)} run {run.run}: {run.states} states of {run.attempts} attempts, "
        f"{run.merged} done tasks in their lanes, {run.landed} landed lanes in their targets{kept}"
    )


def _problem(problem: Problem) -> str:
    where = f"{problem.graph} run {problem.run}, " if problem.run is not None else ""
    commit = f" ({problem.commit[:10]})" if problem.commit else ""
    return f"{where}{problem.whose}: {problem.what}{commit}"
