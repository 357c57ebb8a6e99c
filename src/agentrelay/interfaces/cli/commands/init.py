"""``agentrelay init``: the files that a new user of a repository begins with."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from agentrelay._shared.atomic import publish, publish_once
from agentrelay._shared.ids import slug_of
from agentrelay.app.place import Place
from agentrelay.config.guess import guess_gates
from agentrelay.config.schema import graph_schema
from agentrelay.config.settings import REPOSITORY_FILE
from agentrelay.config.starter import starter_graph, starter_settings
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import shown

GRAPH_FILE = "graph.yaml"
SCHEMA_FILE = "agentrelay.schema.json"


@click.command(
    cls=Command,
    examples=("agentrelay init", "agentrelay init --force    # write them anew"),
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.pass_obj
def command(session: Session, *, force: bool) -> None:
    """Write .agentrelay.toml, the schema, and a commented example graph.

    They go to the top folder of the repository. A file that is there is kept, unless --force is
    given. Gates are guessed from how the repository seems to be tested.
    """
    place = session.place()
    top, here = place.repo.top, session.folder.resolve()
    for name, text, why in _files(place):
        written = _written(top / name, text, force=force)
        where = shown(os.path.relpath(top / name, here))
        click.echo(f"{'wrote' if written else 'kept '}  {where}    {why}")
    graph = shlex.quote(os.path.relpath(top / GRAPH_FILE, here))
    click.echo("next:", err=True)
    click.echo(f"  change {shown(graph)}: say what is to be done, and who does it", err=True)
    click.echo(f"  agentrelay plan {shown(graph)}    shows what a run would do", err=True)
    click.echo(f"  agentrelay run {shown(graph)}     runs it", err=True)


def _files(place: Place) -> Iterator[tuple[str, str, str]]:
    gates = guess_gates(place.repo.top)
    why = "; ".join(gate.why for gate in gates) or "no tests were found: add gates"
    name = slug_of(place.repo.top.name, "work")
    graph = starter_graph(name, gates, place.given().branch)
    yield REPOSITORY_FILE, starter_settings(), "every setting, explained"
    yield SCHEMA_FILE, json.dumps(graph_schema(), indent=2) + "\n", "editors complete keys with it"
    yield GRAPH_FILE, graph, f"an example to change ({shown(why)})"


def _written(path: Path, text: str, *, force: bool) -> bool:
    if force:
        publish(path, text)
        return True
    return publish_once(path, text)
