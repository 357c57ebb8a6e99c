"""``agentrelay explain``: why a task or lane is not done, or what an error code means."""

from __future__ import annotations

import json
import re
import textwrap

import click

from agentrelay._shared.text import Spelling, quoted
from agentrelay.errors import UnknownNameError
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.codes import CODES
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.explanation_text import explanation_lines
from agentrelay.interfaces.cli.names import TASK_OR_LANE, select
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.tables import aligned
from agentrelay.interfaces.cli.text import bold
from agentrelay.interfaces.views.explanation import explain_lane, explain_task
from agentrelay.interfaces.views.stored_run import read_run

WIDTH = 88
_CODE = re.compile(r"ar-[a-z]+-[0-9a-z]+", re.IGNORECASE)


@click.command(
    cls=Command,
    examples=(
        "agentrelay explain cart             # why is it not done, and what would move it",
        "agentrelay explain lane:shop/api",
        "agentrelay explain AR-GRAPH-012",
        "agentrelay explain                  # lists all codes",
    ),
)
@click.argument("name", metavar="[TASK|LANE|CODE]", required=False)
@options.as_json
@click.pass_obj
def command(session: Session, *, name: str | None, as_json: bool) -> None:
    """Explain why a task or lane is not done, or the code of an error, as in error[CODE].

    Of a task or lane: what it waits for, what that waits for in its turn, and so on, with the
    attempts and gates that failed and where their output is, and the commands that would move it.
    """
    if name is None or _CODE.fullmatch(name.strip()):
        _explain_codes(name, as_json=as_json)
        return
    selected = select(session.place(), name, TASK_OR_LANE)
    stored = read_run(selected.folders, selected.number)
    explain = explain_task if selected.task is not None else explain_lane
    explanation = explain(stored, selected.id)
    if as_json:
        echo_json(explanation)
        return
    for line in explanation_lines(explanation):
        click.echo(line)


def _explain_codes(code: str | None, *, as_json: bool) -> None:
    chosen = CODES if code is None else {_known(code): CODES[_known(code)]}
    if as_json:
        click.echo(json.dumps({name: each._asdict() for name, each in chosen.items()}, indent=2))
    elif code is None:
        for line in aligned([(name, each.title) for name, each in CODES.items()]):
            click.echo(line)
    else:
        for name, each in chosen.items():
            click.echo(bold(f"{name}: {each.title}"))
            click.echo(textwrap.fill(each.text, WIDTH))


def _known(code: str) -> str:
    name = code.strip().upper()
    if name not in CODES:
        hint = Spelling(CODES).hint(name) or "agentrelay explain lists all codes"
        raise UnknownNameError(f"there is no code {quoted(code)}", hint=hint)
    return name
