"""``agentrelay config``: every setting, its value, and who said it."""

from __future__ import annotations

import json

import click

from agentrelay.config.settings import Settings, load_settings, setting_keys
from agentrelay.errors import PreconditionError
from agentrelay.gitio.repository import discover
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.tables import aligned
from agentrelay.interfaces.cli.text import shown


@click.command(
    cls=Command,
    examples=(
        "agentrelay config",
        "agentrelay config --json",
        "AGENTRELAY_MAX_AGENTS=8 agentrelay config    # what a variable changes",
    ),
)
@options.as_json
@click.pass_obj
def command(session: Session, *, as_json: bool) -> None:
    """Show every setting with its value and where that came from.

    Later ones win: the default, your own config.toml, .agentrelay.toml of the repository, the
    graph, environment variables, flags. Outside of a repository your own settings are shown.
    """
    settings = _settings(session)
    if as_json:
        click.echo(json.dumps(_as_json(settings), indent=2))
        return
    rows = [("setting", "value", "from", "what it is about")]
    for key in setting_keys():
        value = shown(json.dumps(getattr(settings, key.name)))
        rows.append((key.name, value, shown(settings.origin(key.name).where), key.about))
    for line in aligned(rows):
        click.echo(line)


def _settings(session: Session) -> Settings:
    try:
        top = discover(session.folder, session.environ).top
    except PreconditionError:
        top = None
    return load_settings(top, session.environ)


def _as_json(settings: Settings) -> dict[str, object]:
    return {
        key.name: {
            "value": getattr(settings, key.name),
            "source": settings.origin(key.name).source.name.lower(),
            "where": settings.origin(key.name).where,
            "variable": key.variable,
        }
        for key in setting_keys()
    }
