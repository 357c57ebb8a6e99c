"""``agentrelay version``: the versions of all that matters for a report."""

from __future__ import annotations

import json
import platform

import click

from agentrelay import __version__
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.session import Session


@click.command(cls=Command, examples=("agentrelay version", "agentrelay version --json"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(session: Session, *, as_json: bool) -> None:
    """Print the versions of agentrelay, Python and git."""
    from agentrelay.gitio.command import Git  # noqa: PLC0415 - only where it is asked

    git = Git(session.folder, session.environ).text("version").removeprefix("git version ")
    versions = {
        "agentrelay": __version__,
        "python": platform.python_version(),
        "git": git,
        "platform": platform.platform(),
    }
    if as_json:
        click.echo(json.dumps(versions))
        return
    for name, version in versions.items():
        click.echo(f"{name} {version}")
