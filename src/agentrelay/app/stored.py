"""Runs as they are stored: made, and read back; no lock is needed to read."""

from __future__ import annotations

from pathlib import Path

from agentrelay import __version__
from agentrelay._shared.clock import rfc3339
from agentrelay.agent.implementations import require_adapter
from agentrelay.app.place import Place
from agentrelay.config.given import Given
from agentrelay.config.load import LoadedGraph, load_graph
from agentrelay.engine.layout import WORKTREES_FOLDER, GraphFolders, RunFolders
from agentrelay.engine.recovery import rebuild
from agentrelay.engine.runs import RunFacts, load_facts, store_run
from agentrelay.engine.snapshot import Snapshot
from agentrelay.errors import InternalError, UnsupportedGraphError
from agentrelay.graph.commands import commands_digest
from agentrelay.graph.model import TaskGraph


def require_runnable(graph: TaskGraph) -> None:
    """Raise UnsupportedGraphError or UnknownNameError where this version can't run the graph."""
    for lane in graph.lanes:
        if lane.spec.parent_workstream_id is not None:
            message = f"lane {lane.id} is nested in {lane.spec.parent_workstream_id}"
            raise UnsupportedGraphError(message, hint="this version runs top-level lanes only")
        if lane.max_parallel > 1:
            message = f"lane {lane.id} has max_parallel {lane.max_parallel}"
            raise UnsupportedGraphError(
                message, hint="this version runs one task of a lane at once"
            )
    for name in {task.agent for task in graph.tasks}:
        agent = graph.agents.get(name)
        require_adapter(agent.adapter if agent is not None else name)


def new_facts(place: Place, loaded: LoadedGraph) -> RunFacts:
    """Return the facts with which a run of ``loaded`` starts now."""
    settings, given = place.settings, place.given()
    root = settings.worktree_root or WORKTREES_FOLDER
    return RunFacts(
        graph=loaded.graph.name,
        digest=loaded.graph.digest,
        commands=commands_digest(loaded.graph),
        default_branch=given.branch,
        agent=given.agent,
        publish=settings.publish,
        worktree_root=str((place.repo.top / Path(root).expanduser()).absolute()),
        env_allow=settings.env_allow,
        sign=settings.sign,
        max_agents=loaded.graph.max_agents,
        max_gates=loaded.graph.max_gates,
        started=rfc3339(place.clock.now()),
        agentrelay=__version__,
    )


def create_run(place: Place, loaded: LoadedGraph, number: int) -> RunFacts:
    """Store a new run of a graph and return its facts."""
    facts = new_facts(place, loaded)
    store_run(place.folders(loaded.graph.name).run(number), facts, loaded.source)
    return facts


def stored_graph(run: RunFolders, facts: RunFacts) -> LoadedGraph:
    """Return the graph of a stored run, as it was read when the run began."""
    given = Given(
        default_branch=facts.default_branch,
        agent=facts.agent,
        max_agents=facts.max_agents,
        max_gates=facts.max_gates,
    )
    return load_graph(run.graph_file, given)


def stored_snapshot(folders: GraphFolders, number: int) -> tuple[Snapshot, RunFacts]:
    """Return a stored run as of its journal's last event; reads only."""
    run = folders.run(number)
    facts = load_facts(run)
    if facts is None:
        message = f"run {number} of {folders.graph} was not stored whole"
        raise InternalError(message)
    graph = stored_graph(run, facts).graph
    return rebuild(graph, number, run.journal), facts
