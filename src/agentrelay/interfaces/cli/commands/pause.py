"""``agentrelay pause``: begin nothing new in a graph, lane or task."""

from __future__ import annotations

import click

from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import send
from agentrelay.interfaces.cli.names import select_any
from agentrelay.interfaces.cli.session import Session


@click.command(
    cls=Command,
    examples=(
        "agentrelay pause                   # all of the graph whose run was started last",
        "agentrelay pause lane:shop/api     # also: it does not land",
        "agentrelay pause task:model",
    ),
)
@click.argument("name", metavar="[GRAPH|LANE|TASK]", required=False)
@click.pass_obj
def command(session: Session, *, name: str | None) -> None:
    """Begin nothing new in a GRAPH, LANE or TASK: no attempt, turn or gate, and no landing.

    What runs goes on to its end, and what an agent has done then is collected. A pause stays,
    also when the run is resumed, until `agentrelay unpause` takes it back.
    """
    place = session.place()
    selected = select_any(place, name)
    send(place, selected, "pause")
    click.echo(f"  agentrelay unpause {selected.full}", err=True)
