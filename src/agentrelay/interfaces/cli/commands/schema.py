"""``agentrelay schema``: the JSON Schema of graph files, for editors and other tools."""

from __future__ import annotations

import json
from typing import Literal

import click

from agentrelay.config.schema import graph_schema
from agentrelay.interfaces.cli.command import Command


@click.command(
    cls=Command,
    examples=(
        "agentrelay schema > agentrelay.schema.json",
        "agentrelay schema --draft 2020-12",
    ),
)
@click.option(
    "--draft",
    type=click.Choice(["07", "2020-12"]),
    default="07",
    show_default=True,
    help="Dialect of JSON Schema; editors' YAML support knows 07.",
)
def command(*, draft: Literal["07", "2020-12"]) -> None:
    """Print the JSON Schema of graph files."""
    schema = graph_schema("draft-07" if draft == "07" else "2020-12")
    click.echo(json.dumps(schema, indent=2))
