"""``agentrelay agents``: the coding agents that can be driven, and what is missing of them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from agentrelay.app.agents import FoundAgent, found_agents
from agentrelay.interfaces.cli import options
from agentrelay.interfaces.cli.answer import echo_json
from agentrelay.interfaces.cli.command import Command
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.tables import aligned
from agentrelay.interfaces.cli.text import shown


@click.command(cls=Command, examples=("agentrelay agents", "agentrelay agents --json"))
@options.as_json
@click.pass_obj
def command(session: Session, *, as_json: bool) -> None:
    """List the coding agents that graphs can name: found or not, version, login, what each can do.

    A login that is seen may have expired; whether it holds only the program can tell.
    """
    agents = found_agents(session.environ)
    if as_json:
        echo_json({"schema": 1, "agents": [vars(agent) for agent in agents]})
        return
    for line in _lines(agents):
        click.echo(line)


def _lines(agents: list[FoundAgent]) -> Iterator[str]:
    rows = [("agent", "version", "login", "can", "program")]
    for agent in agents:
        version = "not found" if agent.program is None else agent.version or "does not say"
        login = agent.login or "none seen"
        where = agent.program or f"install {agent.package}"
        rows.append((agent.name, shown(version), shown(login), ", ".join(agent.can), shown(where)))
    yield from aligned(rows)
    yield "any other program: agents: {NAME: {adapter: command, run: ...}}"
