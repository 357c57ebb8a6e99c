"""What a run would execute and push, shown before it does, and agreed to once for each content.

Agreement is remembered in the repository, by a digest of the commands and of where is pushed.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from agentrelay._shared.atomic import publish
from agentrelay.app.forges import chosen_forge
from agentrelay.app.place import Place
from agentrelay.gates.gate import Command
from agentrelay.graph.commands import GraphCommand, commands_digest, commands_of
from agentrelay.graph.model import TaskGraph
from agentrelay.interfaces.cli.ask_user import Asking
from agentrelay.interfaces.cli.text import bold, shown

SHOWN_PLACES = 3
"""So many of the places that share a command are named."""


def require_consent(place: Place, graph: TaskGraph, asking: Asking) -> None:
    """Show what a run of ``graph`` executes and where it pushes; ask, unless agreed to before.

    DeclinedError where a person does not agree.
    """
    pushes = [*pushes_of(place, graph), *_notices_of(place)]
    for line in [*listed_commands(graph), *pushes]:
        click.echo(line, err=True)
    click.echo("no sandbox: agents can read and write whatever you can", err=True)
    digest = hashlib.sha256("\n".join([commands_digest(graph), *pushes]).encode()).hexdigest()
    record = place.repo.common_dir / "agentrelay" / "consent" / digest
    if record.exists():
        return
    asking.require("Run this?", "nothing was started")
    if asking.possible or asking.yes:
        _remember(record, graph)


def listed_commands(graph: TaskGraph) -> Iterator[str]:
    """Give the lines that say which commands a run of ``graph`` executes."""
    places: dict[tuple[str, str, Command], list[str]] = {}
    for entry in commands_of(graph):
        places.setdefault((entry.kind, entry.name, entry.command), []).append(_where(entry))
    yield bold("this runs these commands on your machine:")
    for (kind, _, command), named in places.items():
        more = f" and {len(named) - SHOWN_PLACES} more" if len(named) > SHOWN_PLACES else ""
        who = ", ".join(named[:SHOWN_PLACES]) + more
        yield f"  {kind:5}  {shown(_line(command))}   ({shown(who)})"


def pushes_of(place: Place, graph: TaskGraph) -> list[str]:
    """Return the lines that say where a run pushes."""
    forge = chosen_forge(place)
    publish_ = place.settings.publish if forge.is_local else "all"
    if publish_ == "none":
        return ["it pushes nothing"]
    url = place.repo.git.run("remote", "get-url", "--push", "origin", ok=(0, 2, 128)).text
    to = f"origin ({shown(url)})" if url else "origin, which this repository does not have"
    if publish_ == "branches":
        return [f"it pushes the branches of its lanes to {to}"]
    targets = sorted({lane.spec.merge_target_branch for lane in graph.lanes})
    named_targets = ", ".join(targets)
    landing = f"it pushes the branches of its lanes, and what lands on {named_targets}, to {to}"
    if forge.is_local:
        return [landing]
    return [landing, f"it opens their change requests on {forge.at}, and merges them there"]


def _notices_of(place: Place) -> list[str]:
    argv = place.settings.notify
    return [f"when it waits or ends it runs: {shown(shlex.join(argv))}"] if argv else []


def _where(entry: GraphCommand) -> str:
    return entry.place if entry.kind == "agent" else f"{entry.place}: {entry.name}"


def _line(command: Command) -> str:
    return command if isinstance(command, str) else shlex.join(command)


def _remember(record: Path, graph: TaskGraph) -> None:
    publish(record, f"{graph.name}\n")
