"""The graph of ``agentrelay do``: one lane, one task, under a name that nothing else has."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentrelay._shared.atomic import publish
from agentrelay._shared.clock import rfc3339
from agentrelay.app.place import Place
from agentrelay.config.scalars import quoted_scalar
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import latest_run

LETTERS = "bcdfghjkmnpqrstvwxz23456789"
"""No vowels, so that chance writes no words; none that looks like another."""


@dataclass(frozen=True)
class Piece:
    """A piece of work: what is to be done, by whom, how it is checked, where it lands.

    ``agent`` is an adapter's name, or empty where ``run`` is the command that does it. ``turns``
    is set where all must be done in one attempt with so many.
    """

    text: str
    agent: str
    run: str
    gates: tuple[str, ...]
    base: str
    auto_merge: bool
    turns: int | None = None


@contextmanager
def stored_graph_of(place: Place, piece: Piece) -> Generator[Path]:
    """Give the file of a new graph for ``piece``; it goes again where no run of it was started."""
    folders, short = _reserved(place)
    path = folders.root / "graph.yaml"
    publish(path, graph_text(folders.graph, short, piece))
    try:
        yield path
    finally:
        if latest_run(folders) is None:
            shutil.rmtree(folders.root, ignore_errors=True)


def graph_text(name: str, short: str, piece: Piece) -> str:
    """Return the text of the graph, with every foreign text quoted."""
    agent = piece.agent or "worker"
    lines = ["schema_version: 1", f"name: {name}"]
    if piece.run:
        lines.append(f"agents: {{worker: {{adapter: command, run: {quoted_scalar(piece.run)}}}}}")
    lines += [
        "workstreams:",
        f"  - id: do-{short}",
        f"    base_branch: {quoted_scalar(piece.base)}",
        f"    auto_merge: {'true' if piece.auto_merge else 'false'}",
        "tasks:",
        f"  - id: {short}",
        f"    workstream_id: do-{short}",
        f"    description: {quoted_scalar(piece.text)}",
        f"    agent: {quoted_scalar(agent)}",
    ]
    if piece.turns is not None:
        lines += ["    max_attempts: 1", f"    max_gate_attempts: {piece.turns}"]
    lines += ["    gates:"] if piece.gates else []
    for number, gate in enumerate(piece.gates, 1):
        lines.append(f"      - {{name: gate-{number}, run: {quoted_scalar(gate)}}}")
    return "\n".join(lines) + "\n"


def _reserved(place: Place) -> tuple[GraphFolders, str]:
    """Make the folder of a new graph; that it was not there proves that its name is nobody's."""
    day = rfc3339(place.clock.now())[:10].replace("-", "")
    while True:
        short = "".join(secrets.choice(LETTERS) for _ in range(5))
        folders = place.folders(f"do-{day}-{short}")
        try:
            folders.root.mkdir(parents=True)
        except FileExistsError:
            continue
        return folders, short
