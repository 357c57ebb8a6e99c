"""``agentrelay send``: tell a task's agent something, with its next turn."""

from __future__ import annotations

import click

from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import say_next, send
from agentrelay.interfaces.cli.names import Kind, select
from agentrelay.interfaces.cli.session import Session


@click.command(
    cls=Command,
    examples=('agentrelay send cart "use the parser in lib/money.py"',),
)
@click.argument("name", metavar="TASK")
@click.argument("text", metavar="TEXT")
@click.option("--resume", is_flag=True, help="Then go on with the run in the background.")
@click.pass_obj
def command(session: Session, *, name: str, text: str, resume: bool) -> None:
    """Have the agent of a TASK told TEXT: its next turn begins with it, in the same session.

    A turn that runs ends first, and what it made is not judged before the next one; the answer
    says when the text is read. Several are told together. No attempt is counted.
    """
    place = session.place()
    selected = select(place, name, {Kind.TASK})
    send(place, selected, "send", text)
    say_next(session, place, selected.folders, resume=resume)
