"""``agentrelay run``: run a graph, or go on with its unfinished run."""

from __future__ import annotations

from pathlib import Path

import click

from agentrelay.config.load import load_graph
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.ask_user import Asking
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.starting import Manner, start
from agentrelay.interfaces.cli.undoing import say_effects


@click.command(
    cls=Command,
    effects=("run --fresh", "run --only"),
    examples=(
        "agentrelay run graph.yaml",
        "agentrelay run plan.md                 # a plan in Markdown, as coding agents write it",
        "agentrelay run graph.yaml --detach     # in the background",
        "agentrelay run graph.yaml --accept-changes     # the graph was edited: go on with it",
        "agentrelay run graph.yaml --only model         # this task, and no other",
        "agentrelay run graph.yaml --fresh      # start over; earlier work is pinned",
    ),
)
@click.argument("graph", type=click.Path(path_type=Path))
@click.option("--fresh", is_flag=True, help="Start over with a new run.")
@click.option("--accept-changes", is_flag=True, help="Go on with a graph that was changed.")
@click.option("--only", metavar="TASK", multiple=True, help="Begin no other task; repeatable.")
@click.option("--with-dependencies", is_flag=True, help="With --only: and what they need.")
@options.wait
@options.detach
@options.max_agents
@options.yes
@options.no_input
@click.pass_obj
def command(  # noqa: PLR0913 - one for each option
    session: Session,
    *,
    graph: Path,
    fresh: bool,
    accept_changes: bool,
    only: tuple[str, ...],
    with_dependencies: bool,
    wait: bool,
    detach: bool,
    max_agents: int | None,
    yes: bool,
    no_input: bool,
) -> int:
    """Run the graph in the file GRAPH (YAML, or a plan in Markdown), or go on with its run.

    Ends with 0 when all is done, 1 with failures, 5 when all that remains waits for a person (the
    commands that answer are printed), 6 when the graph is being run already.

    A graph that differs from that of its latest run is shown as a difference first. With it run n+1
    begins, which takes over what is done: commits that did exactly what a task asks for now.
    """
    place = session.place({"max_agents": max_agents})
    if fresh:
        say_effects("run --fresh")
    manner = Manner(
        fresh=fresh,
        accepts_changes=accept_changes,
        only=only,
        with_dependencies=with_dependencies,
        wait=wait,
        detach=detach,
        asking=Asking(yes, no_input),
        max_agents=max_agents,
    )
    return start(session, place, load_graph(graph, place.given()), manner)
