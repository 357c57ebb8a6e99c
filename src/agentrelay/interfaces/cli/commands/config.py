"""``agentrelay config``: every setting, its value, and who said it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from agentrelay.app.forges import chosen_forge
from agentrelay.app.place import Place
from agentrelay.config.settings import Settings, load_settings, setting_keys
from agentrelay.config.templates import FOLDER, template_file
from agentrelay.errors import PreconditionError
from agentrelay.gitio.repository import discover
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.tables import aligned
from agentrelay.interfaces.cli.text import shown
from agentrelay.task.core.templates import built_in


@click.command(
    cls=Command,
    examples=(
        "agentrelay config",
        "agentrelay config --json",
        "AGENTRELAY_MAX_AGENTS=8 agentrelay config    # what a variable changes",
        "agentrelay config --instructions implementer    # what its agents are told",
    ),
)
@click.option(
    "--instructions", "role", metavar="ROLE", default="", help="Print the template of a role."
)
@options.as_json
@click.pass_obj
def command(session: Session, *, role: str, as_json: bool) -> None:
    """Show every setting with its value and where that came from, and whose instructions hold.

    Later ones win: the default, your own config.toml, .agentrelay.toml of the repository, the
    graph, environment variables, flags. Outside of a repository your own settings are shown.
    What agents of a role are told is ours, or that of .agentrelay/instructions/ROLE.md.
    """
    top = _top(session)
    if role:
        path = template_file(top, role) if top is not None else None
        text = path.read_text("utf-8", "replace") if path is not None else built_in(role)
        click.echo(text, nl=False)
        return
    settings = load_settings(top, session.environ)
    if as_json:
        click.echo(json.dumps(_as_json(settings), indent=2))
        return
    rows = [("setting", "value", "from", "what it is about")]
    for key in setting_keys():
        value = shown(json.dumps(getattr(settings, key.name)))
        rows.append((key.name, value, shown(settings.origin(key.name).where), key.about))
    for line in aligned(rows):
        click.echo(line)
    if top is not None and settings.forge != "local":
        click.echo(f"forge: {shown(_forge(session.place()))}")
    if own := _own_instructions(top):
        click.echo(f"instructions from {FOLDER}: {shown(', '.join(own))}")


def _top(session: Session) -> Path | None:
    try:
        return discover(session.folder, session.environ).top
    except PreconditionError:
        return None


def _forge(place: Place) -> str:
    """Return which forge the settings come to here, and why."""
    try:
        choice = chosen_forge(place)
    except PreconditionError as error:
        return f"none: {error.message}; {error.hint}"
    where = f" at {choice.at}" if choice.at else ""
    return f"{choice.kind}{where}: {choice.why}"


def _own_instructions(top: Path | None) -> list[str]:
    """Return the roles for which the repository has instructions of its own."""
    return sorted(path.stem for path in (top / FOLDER).glob("*.md")) if top is not None else []


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
