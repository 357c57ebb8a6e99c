"""``agentrelay draft``: an agent writes the graph, and nothing of it is run."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from agentrelay.app.place import Place
from agentrelay.config.load import parse_graph
from agentrelay.config.markdown import ENDINGS
from agentrelay.errors import UsageError
from agentrelay.graph.plan import plan_of
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.ask_user import Asking
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.drafting import FILE, NAME, Drafted, Wish, drafted, scratch_copy
from agentrelay.interfaces.cli.plan_text import show_plan
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import bad, bold, shown
from agentrelay.interfaces.cli.who import require_doer
from agentrelay.interfaces.cli.writing import require_free, write_new

TURNS = 3


@click.command(
    cls=Command,
    examples=(
        'agentrelay draft "move the API to version 2" --agent claude',
        'agentrelay draft "upgrade to Python 3.13" --write upgrade.yaml',
        'agentrelay draft "split the module" --run ./agent.sh --turns 5',
    ),
)
@click.argument("goal")
@click.option("--agent", metavar="A", default="", help="Adapter that writes (setting: agent).")
@click.option(
    "--run", "line", metavar="CMD", default="", help=f"Shell line that writes {FILE} instead."
)
@click.option(
    "--write",
    "written",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=Path("graph.yaml"),
    show_default=True,
    help="Where the graph goes.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option(
    "--turns",
    type=click.IntRange(1, 100),
    metavar="N",
    default=TURNS,
    show_default=True,
    help="Turns that the agent has until the graph has no problem.",
)
@options.yes
@options.no_input
@click.pass_obj
def command(  # noqa: PLR0913 - one for each option
    session: Session,
    *,
    goal: str,
    agent: str,
    line: str,
    written: Path,
    force: bool,
    turns: int,
    yes: bool,
    no_input: bool,
) -> int:
    """Have an agent write a graph that reaches GOAL, and show what a run of it would do.

    The agent works in a throw-away copy of what is committed: your checkout is not touched, and
    nothing of the graph is run. Problems of the graph go back to the agent as another turn. The
    graph is the file agentrelay-draft.yaml in the top folder of the copy.
    """
    place = session.place()
    agent = require_doer(place, agent, line, (goal, line))
    if written.suffix.lower() in ENDINGS:
        raise UsageError(f"{written} would be read as Markdown", hint="a draft is YAML: g.yaml")
    require_free(written, force=force)
    with scratch_copy(place) as (folder, copy):
        made = drafted(place, copy, Wish(goal, agent, line, turns), Asking(yes, no_input))
    if made.text is None:
        _say_failed(made, copy, folder)
        return made.code
    write_new(written, made.text, force=force)
    shutil.rmtree(folder)
    click.echo(f"wrote {shown(str(written))}", err=True)
    show_plan(plan_of(parse_graph(made.text, str(written), place.given()).graph))
    click.echo("nothing of it was run; change it as you like, then:", err=True)
    click.echo(bold(f"  agentrelay run {shown(str(written))}"), err=True)
    return 0


def _say_failed(made: Drafted, copy: Place, folder: Path) -> None:
    """Say why there is no graph; the copy is kept, for what was written is somebody's work."""
    click.echo(bad(f"no graph was drafted: {shown(made.reason)}"), err=True)
    if made.last.exists():
        click.echo(f"what the agent wrote last: {shown(str(made.last))}", err=True)
    click.echo(f"  agentrelay -C {shown(str(copy.repo.top))} explain {NAME}    says more", err=True)
    click.echo(f"  rm -rf {shown(str(folder))}    when it is of no use any more", err=True)
