"""Start a run of a loaded graph, or go on with the one that there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import click

from agentrelay._shared.text import named
from agentrelay.app.beginning import Begun, Earlier, begin_run, difference_lines, earlier_run
from agentrelay.app.choosing import chosen_tasks
from agentrelay.app.new_run import require_runnable
from agentrelay.app.place import Place
from agentrelay.config.load import LoadedGraph
from agentrelay.engine.runs import lock_held, set_max_agents
from agentrelay.engine.settle import FAILURES
from agentrelay.engine.snapshot import Snapshot
from agentrelay.gitio.repository import require_usable
from agentrelay.graph.model import TaskGraph
from agentrelay.interfaces.cli.ask_user import Asking
from agentrelay.interfaces.cli.carrying import Carrying, carry_through
from agentrelay.interfaces.cli.consent import require_consent
from agentrelay.interfaces.cli.ending import show_end
from agentrelay.interfaces.cli.plan_text import way_of
from agentrelay.interfaces.cli.session import Session
from agentrelay.interfaces.cli.text import bold, shown


@dataclass(frozen=True)
class Manner:
    """How a run is wanted: anew, with a changed graph, staying while it waits, who may be asked.

    ``max_agents`` is set where it was asked for: then a run that goes on takes it over.
    """

    fresh: bool = False
    accepts_changes: bool = False
    only: tuple[str, ...] = ()
    with_dependencies: bool = False
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
        before = None if manner.fresh else earlier_run(place, folders)
        changed = before is not None and before.differs_from(
            loaded, accepts_changes=manner.accepts_changes
        )
        if before is not None and before.has_files and not changed and not manner.only:
            finished = before.snapshot.finished
            if finished is not None:
                _show_finished(before.snapshot, finished, loaded)
                return finished
        accepts = before is not None and changed and _accepts(place, before, loaded, manner)
        only = chosen_tasks(
            place, loaded.graph, before, manner.only, widen=manner.with_dependencies
        )
        if accepts or not changed:
            _require_consent(place, loaded.graph, manner)
        # Where the graph has changed and that is not accepted, this says so.
        begun = begin_run(place, loaded, fresh=manner.fresh, accepts_changes=accepts)
        if manner.max_agents is not None:
            set_max_agents(folders.run(begun.number), manner.max_agents)
        _say_begun(folders.graph, begun, before)
        how = Carrying(stay=manner.wait, detach=manner.detach, only=only)
        return carry_through(session, place, folders, begun.number, how)


def _accepts(place: Place, before: Earlier, loaded: LoadedGraph, manner: Manner) -> bool:
    """Show what differs from the latest run's graph, and tell whether a run shall go on with it."""
    if not (manner.accepts_changes or manner.asking.possible):
        return False
    same = before.digest == loaded.graph.digest
    what = "what was reverted since its" if same else "the graph is not the one of its"
    click.echo(bold(f"{what} run {before.number}:"), err=True)
    for line in difference_lines(place, before, loaded):
        click.echo(f"  {shown(line)}", err=True)
    if not manner.accepts_changes:
        manner.asking.require("Go on with the changed graph?", "nothing was started")
    return True


def _say_begun(graph: str, begun: Begun, before: Earlier | None) -> None:
    if before is not None and not before.has_files:
        lost = f"the files of run {before.number} were deleted; what refs prove done is taken over"
        click.echo(lost, err=True)
    verb = "starts" if begun.is_new else "goes on"
    click.echo(bold(f"run {begun.number} of {shown(graph)} {verb}"), err=True)


def _require_consent(place: Place, graph: TaskGraph, manner: Manner) -> None:
    lanes, tasks = len(graph.lanes), len(graph.tasks)
    many = (
        f"{lanes} {'lane' if lanes == 1 else 'lanes'}, {tasks} {'task' if tasks == 1 else 'tasks'}"
    )
    click.echo(bold(f"graph {shown(graph.name)}: {many}"), err=True)
    for line in _ways(graph):
        click.echo(f"  {line}", err=True)
    require_consent(place, graph, manner.asking)


def _ways(graph: TaskGraph) -> Iterator[str]:
    """Give where lanes start and land, a line for those that share that."""
    ways: dict[str, list[str]] = {}
    for lane in graph.lanes:
        spec = lane.spec
        way = way_of(spec.base_branch, spec.merge_target_branch, auto_merge=lane.auto_merge)
        ways.setdefault(way, []).append(lane.id)
    yield from (f"{named('lane', names)}: {way}" for way, names in ways.items())


def _show_finished(s: Snapshot, code: int, loaded: LoadedGraph) -> None:
    show_end(s, code)
    again = f"agentrelay run {shown(loaded.path)}"
    if code == FAILURES:
        retry = "retry what failed (agentrelay explain NAME says why it did)"
        resume = f"agentrelay resume {shown(s.graph.name)}"
        click.echo(f"nothing was started; {retry}, then {resume}", err=True)
        click.echo(f"to do all tasks anew instead: {again} --fresh", err=True)
    else:
        click.echo(f"nothing was started; to start over: {again} --fresh", err=True)
    if any(lane.reverted is not None for lane in s.lanes.values()):
        click.echo(f"to do again what was reverted: {again} --accept-changes", err=True)
