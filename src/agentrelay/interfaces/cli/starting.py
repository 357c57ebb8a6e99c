"""Start a run of a loaded graph, or go on with the one that there is."""

from __future__ import annotations

from dataclasses import dataclass, field

import click

from agentrelay.app.new_run import require_runnable
from agentrelay.app.place import Place
from agentrelay.app.running import begin_run
from agentrelay.app.stored import stored_snapshot
from agentrelay.config.load import LoadedGraph
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import latest_run, lock_held, set_max_agents
from agentrelay.engine.snapshot import Snapshot
from agentrelay.gitio.repository import require_usable
from agentrelay.graph.model import TaskGraph
from agentrelay.interfaces.cli.ask_user import Asking
from agentrelay.interfaces.cli.carrying import Carrying, carry_through
from agentrelay.interfaces.cli.consent import require_consent
from agentrelay.interfaces.cli.ending import show_end
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import bold, shown


@dataclass(frozen=True)
class Manner:
    """How a run is wanted: anew, staying while it waits, detached, and who may be asked.

    ``max_agents`` is set where it was asked for: then a run that goes on takes it over.
    """

    fresh: bool = False
    wait: bool = False
    detach: bool = False
    asking: Asking = field(default_factory=Asking)
    max_agents: int | None = None


def start(session: Session, place: Place, loaded: LoadedGraph, manner: Manner) -> int:
    """Run a graph and return the exit code of what became of it.

    A finished and unchanged graph is shown, and nothing is started. LockHeldError where somebody
    runs it already.
    """
    require_runnable(loaded.graph)
    require_usable(place.repo)
    folders = place.folders(loaded.graph.name)
    with lock_held(folders):
        stored = None if manner.fresh else _latest(folders)
        if stored is None or stored.digest == loaded.graph.digest:
            finished = stored.snapshot.finished if stored is not None else None
            if stored is not None and finished is not None:
                _show_finished(stored.snapshot, finished, loaded)
                return finished
            _require_consent(place, loaded.graph, manner)
        # Where the graph has changed, this says so.
        begun = begin_run(place, loaded, fresh=manner.fresh)
        if manner.max_agents is not None:
            set_max_agents(folders.run(begun.number), manner.max_agents)
        verb = "starts" if begun.is_new else "goes on"
        click.echo(bold(f"run {begun.number} of {shown(folders.graph)} {verb}"), err=True)
        how = Carrying(stay=manner.wait, detach=manner.detach)
        return carry_through(session, place, folders, begun.number, how)


def _require_consent(place: Place, graph: TaskGraph, manner: Manner) -> None:
    lanes, tasks = len(graph.lanes), len(graph.tasks)
    many = (
        f"{lanes} {'lane' if lanes == 1 else 'lanes'}, {tasks} {'task' if tasks == 1 else 'tasks'}"
    )
    click.echo(bold(f"graph {shown(graph.name)}: {many}"), err=True)
    require_consent(place, graph, manner.asking)


@dataclass(frozen=True)
class _Stored:
    snapshot: Snapshot
    digest: str


def _latest(folders: GraphFolders) -> _Stored | None:
    number = latest_run(folders)
    if number is None:
        return None
    snapshot, facts = stored_snapshot(folders, number)
    return _Stored(snapshot, facts.digest)


def _show_finished(s: Snapshot, code: int, loaded: LoadedGraph) -> None:
    show_end(s, code)
    again = f"agentrelay run {shown(loaded.path)} --fresh"
    click.echo(f"nothing was started; to start over: {again}", err=True)
