"""A new run: what is refused before it starts, and the graph and facts with which it is stored."""

from __future__ import annotations

from pathlib import Path

from agentrelay import __version__
from agentrelay._shared.clock import rfc3339
from agentrelay._shared.text import parse_duration
from agentrelay.agent.implementations import require_adapter
from agentrelay.app.forges import chosen_forge, require_token
from agentrelay.app.place import Place
from agentrelay.config.given import Given
from agentrelay.config.load import LoadedGraph
from agentrelay.config.templates import load_templates
from agentrelay.engine.built_graph import as_run, keep_built
from agentrelay.engine.layout import WORKTREES_FOLDER, RunFolders
from agentrelay.engine.runs import RunFacts, store_run
from agentrelay.errors import PreconditionError, UnsupportedGraphError
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
    settings = place.settings.with_graph(loaded.stated, loaded.path)
    forge = chosen_forge(place)
    # Found out now, and not when agents have done their work.
    require_token(place, forge)
    given = place.given()
    root = settings.worktree_root or WORKTREES_FOLDER
    return RunFacts(
        graph=loaded.graph.name,
        digest=loaded.graph.digest,
        commands=commands_digest(loaded.graph),
        default_branch=_branch(given, loaded.graph),
        agent=given.agent,
        # On a forge of others nothing can be proposed that is not there.
        publish=settings.publish if forge.is_local else "all",
        worktree_root=str((place.repo.top / Path(root).expanduser()).absolute()),
        env_allow=settings.env_allow,
        sign=settings.sign,
        max_agents=settings.max_agents,
        max_gates=settings.max_gates,
        started=rfc3339(place.clock.now()),
        agentrelay=__version__,
        tripwire=settings.tripwire,
        keep_every=parse_duration(settings.keep_every) or 0,
        templates=load_templates(place.repo.top, loaded.graph),
        forge=forge.kind,
        forge_at=forge.at,
        merge_by=settings.merge_by,
    )


def _branch(given: Given, graph: TaskGraph) -> str:
    """Return the default branch; where there is none, the graph has named its own."""
    try:
        return given.branch
    except PreconditionError:
        return graph.lanes[0].spec.base_branch


def create_run(run: RunFolders, facts: RunFacts, source: str, graph: TaskGraph) -> None:
    """Store a new run of a graph, as its text and as it was built from that."""
    keep_built(run, source, as_run(graph, facts))
    store_run(run, facts, source)
