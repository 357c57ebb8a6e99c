"""``agentrelay retry``: another try for a task or lane that failed or waits."""

from __future__ import annotations

import click

from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.deciding import say_next, send
from agentrelay.interfaces.cli.names import TASK_OR_LANE, select
from agentrelay.interfaces.cli.session import Session


@click.command(
    cls=Command,
    effects=("retry",),
    examples=(
        "agentrelay retry api                     # also after you resolved its conflict",
        'agentrelay retry task:model -m "use the existing parser"',
    ),
)
@click.argument("name", metavar="TASK|LANE")
@options.message
@click.option("--resume", is_flag=True, help="Then go on with the run in the background.")
@click.pass_obj
def command(session: Session, *, name: str, text: str, resume: bool) -> None:
    """Let a TASK or LANE that failed or waits for you try again; TEXT is what its agent is told.

    A lane goes on from the commits that you made in its worktree, if there are some.
    """
    place = session.place()
    selected = select(place, name, TASK_OR_LANE)
    send(place, selected, "retry", text)
    say_next(session, place, selected.folders, resume=resume)
