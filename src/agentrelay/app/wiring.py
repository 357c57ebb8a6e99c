"""Put a run's world together: forge, executor, runners and adapters, and its orchestrator."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from agentrelay._shared.atomic import publish
from agentrelay.agent.implementations import require_adapter
from agentrelay.agent.implementations.accounts import FileAccounts
from agentrelay.app.forges import forge_of_run
from agentrelay.app.place import Place
from agentrelay.app.stored import stored_snapshot
from agentrelay.app.tool_server import ToolServer, tool_server
from agentrelay.config.prices import load_prices
from agentrelay.engine.acts.tokens import ensure_secret
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.orchestrator import Orchestrator, Reporter
from agentrelay.engine.runs import RunFacts
from agentrelay.engine.seam import Seam
from agentrelay.engine.world import World
from agentrelay.executor.core.executor import Executor, Running, Unclear
from agentrelay.executor.implementations.ports import port_block
from agentrelay.executor.implementations.runtime_dir import default_runtime_dir
from agentrelay.gitio.lookout import Lookout
from agentrelay.gitio.repository import identity
from agentrelay.graph.model import Lane, TaskGraph
from agentrelay.journal.store import JournalWriter, cut_torn_tail
from agentrelay.workstream.core.runner import StandardWorkstreamRunner, WorkstreamRunner
from agentrelay.workstream.implementations.forge_integrator import ForgeWorkstreamIntegrator
from agentrelay.workstream.implementations.workstream_preparer import GitWorkstreamPreparer
from agentrelay.workstream.implementations.workstream_teardown import GitWorkstreamTeardown


@contextmanager
def orchestrator_of(
    place: Place, number: int, graph: str, reporter: Reporter, seam: Seam
) -> Generator[Orchestrator]:
    """Give the orchestrator of a stored run; the graph's lock must be held."""
    folders = place.folders(graph)
    if torn := cut_torn_tail(folders.run(number).journal):
        reporter.mended(f"cut {torn} bytes off the journal: a crash had torn its last line")
    snapshot, facts = stored_snapshot(folders, number)
    journal = JournalWriter(folders.run(number).journal)
    with (
        place.repo.git.attended() as git,
        tool_server(folders.run(number), place.environ) as tools,
        forge_of_run(place, facts) as remote,
    ):
        attended = replace(place, repo=replace(place.repo, git=git))
        world = world_of(attended, snapshot.graph, number, facts, tools)
        world = replace(world, remote=remote)
        if snapshot.programs:
            tools.reopen()
        orchestrator = Orchestrator(world, snapshot, journal, reporter, seam)
        try:
            yield orchestrator
        finally:
            orchestrator.close()
            journal.close()


def world_of(
    place: Place, graph: TaskGraph, number: int, facts: RunFacts, tools: ToolServer | None = None
) -> World:
    """Return the ports of a stored run; whoever launches agents gives the server of their tools."""
    folders = place.folders(graph.name)
    forge = place.forge()
    executor = place.executor()
    runtime_dir = default_runtime_dir(place.environ)
    worktrees = Path(facts.worktree_root)

    return World(
        repo=place.repo,
        folders=folders,
        run=number,
        graph=graph,
        publish=facts.publish,
        identity=replace(identity(place.repo), sign=facts.sign),
        environ=place.environ,
        env_allow=facts.env_allow,
        templates=facts.templates,
        secret=ensure_secret(folders.private),
        bin=own_command(folders),
        worktrees=worktrees,
        forge=forge,
        remote=None,
        executor=executor,
        adapter=require_adapter,
        accounts=FileAccounts(runtime_dir / "accounts", place.clock, partial(_is_live, executor)),
        prices=load_prices(place.environ, sys.platform),
        runner=partial(_runner, place, folders, facts, number),
        port=lambda worktree: port_block(runtime_dir, worktree),
        sweep=executor.sweep,
        tend=executor.tend,
        mcp_url=(tools or ToolServer(folders.run(number), place.environ)).url,
        clock=place.clock,
        lookout=Lookout(place.repo, worktrees) if facts.tripwire != "off" else None,
        holds_on_changes=facts.tripwire == "concern",
        keep_every=facts.keep_every,
    )


def _is_live(executor: Executor, folder: Path) -> bool:
    """Tell whether the program of a folder may be running."""
    return isinstance(executor.look(folder), Running | Unclear)


def _runner(  # noqa: PLR0913, PLR0917 - what a lane's steps are made of
    place: Place, folders: GraphFolders, facts: RunFacts, number: int, lane: Lane, start: str | None
) -> WorkstreamRunner:
    """Return what prepares, integrates and tears down a lane of a run."""
    worktrees = Path(facts.worktree_root)
    return StandardWorkstreamRunner(
        GitWorkstreamPreparer(
            place.repo.top,
            folders.graph,
            # The engine publishes by an effect of its own, for which no task waits.
            push=False,
            copy=lane.copy,
            start=start,
            worktree_root=worktrees,
            repo=place.repo,
        ),
        ForgeWorkstreamIntegrator(place.repo.top, place.forge(), place.clock, place.repo.git),
        GitWorkstreamTeardown(
            place.repo.top,
            place.clock,
            worktrees,
            place.repo,
            keep=folders.lane_pin(number, lane.id, "").rstrip("/"),
            caches=lane.caches,
        ),
    )


def own_command(folders: GraphFolders) -> Path:
    """Return an absolute path by which agents call this very agentrelay."""
    installed = Path(sys.executable).parent / "agentrelay"
    if os.access(installed, os.X_OK):
        return installed
    shim = folders.private / "bin" / "agentrelay"
    line = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m agentrelay "$@"\n'
    publish(shim, line, mode=0o755)
    return shim
