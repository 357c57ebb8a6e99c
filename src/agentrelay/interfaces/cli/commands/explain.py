"""``agentrelay explain``: what an error code means, and what to do."""

from __future__ import annotations

import json
import textwrap

import click

from agentrelay._shared.text import Spelling, quoted
from agentrelay.errors import UnknownNameError
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.codes import CODES
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.tables import aligned
from agentrelay.interfaces.cli.text import bold

WIDTH = 88


@click.command(
    cls=Command,
    examples=("agentrelay explain AR-GRAPH-012", "agentrelay explain     # lists all codes"),
)
@click.argument("code", required=False)
@options.as_json
def command(*, code: str | None, as_json: bool) -> None:
    """Explain the CODE of an error, as it stands in error[CODE]."""
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
