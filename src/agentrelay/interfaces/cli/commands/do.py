"""``agentrelay do``: one piece of work, without writing a graph."""

from __future__ import annotations

import click

from agentrelay.config.load import load_graph
from agentrelay.gitio.repository import exclude_ours, require_usable
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.ask_user import Asking
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.one_task import Piece, stored_graph_of
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.starting import Manner, start
from agentrelay.interfaces.cli.who import require_doer


@click.command(
    cls=Command,
    examples=(
        'agentrelay do "upgrade the syntax" --run "ruff check --fix --select UP ."',
        'agentrelay do "fix the failing test" --run ./agent.sh --gate "pytest -q"',
        'agentrelay do "sort imports" --run ./sort.sh --gate "make test" --auto-merge',
    ),
)
@click.argument("text")
@click.option("--agent", metavar="A", default="", help="Adapter that does it (setting: agent).")
@click.option("--run", "line", metavar="CMD", default="", help="Shell line that does it instead.")
@click.option("--gate", "gates", metavar="CMD", multiple=True, help="Must pass; may be repeated.")
@click.option("--base", metavar="B", help="Branch it starts from and lands on.")
@click.option("--auto-merge", is_flag=True, help="Land by itself when its gates pass.")
@options.wait
@options.detach
@options.yes
@options.no_input
@click.pass_obj
def command(  # noqa: PLR0913 - one for each option
    session: Session,
    *,
    text: str,
    agent: str,
    line: str,
    gates: tuple[str, ...],
    base: str | None,
    auto_merge: bool,
    wait: bool,
    detach: bool,
    yes: bool,
    no_input: bool,
) -> int:
    """Have TEXT done by an agent in a lane of its own.

    The result waits for `agentrelay approve`, unless --auto-merge is given. Several may run at
    once. The graph that is written for it is kept in .workflow.
    """
    place = session.place({"default_branch": base})
    agent = require_doer(place, agent, line, (text, line, *gates))
    require_usable(place.repo)
    exclude_ours(place.repo)
    piece = Piece(text, agent, line, gates, place.given().branch, auto_merge)
    manner = Manner(wait=wait, detach=detach, asking=Asking(yes, no_input))
    with stored_graph_of(place, piece) as path:
        return start(session, place, load_graph(path, place.given()), manner)
