"""The ports through which acts reach the outside world, put together by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agentrelay._shared.clock import Clock, parse_rfc3339
from agentrelay.agent.core.accounts import Accounts
from agentrelay.agent.core.adapter import AgentAdapter
from agentrelay.agent.core.prices import PriceTable
from agentrelay.engine.layout import GraphFolders, RunFolders
from agentrelay.executor.core.executor import Executor
from agentrelay.forge.core.forge import Forge, RemoteForge
from agentrelay.gitio.command import Git
from agentrelay.gitio.lookout import Lookout
from agentrelay.gitio.merge import Signature
from agentrelay.gitio.repository import Identity, Repository
from agentrelay.graph.digest import spec_digest
from agentrelay.graph.model import Lane, TaskGraph
from agentrelay.journal.event import Event
from agentrelay.workstream.core.runner import WorkstreamRunner
from agentrelay.workstream.core.runtime import WorkstreamRuntime, WorkstreamState


@dataclass(frozen=True)
class World:
    """All that an act may use. ``runner`` makes a lane's runner, with the commit it starts at.

    ``lookout`` is None where nobody wants to know what changes in the main checkout; with
    ``holds_on_changes`` that is a concern.
    ``keep_every`` are the seconds after which work under way is pinned, where it has changed.
    ``templates`` are the user's own instructions, by role.
    ``forge`` has all change requests, ``remote`` those of lanes once more, where people look at
    them and lanes land by it; None where lanes land here or by a push.
    ``mcp_url`` starts the run's MCP server, if need be, and tells where it is.
    """

    repo: Repository
    folders: GraphFolders
    run: int
    graph: TaskGraph
    publish: str
    identity: Identity
    environ: Mapping[str, str] = field(repr=False)
    env_allow: tuple[str, ...]
    templates: Mapping[str, str] = field(repr=False)
    secret: bytes = field(repr=False)
    bin: Path
    worktrees: Path
    forge: Forge
    remote: RemoteForge | None
    executor: Executor
    adapter: Callable[[str], AgentAdapter]
    accounts: Accounts
    prices: PriceTable
    runner: Callable[[Lane, str | None], WorkstreamRunner]
    port: Callable[[Path], int]
    sweep: Callable[[Path], int]
    tend: Callable[[Path], None]
    mcp_url: Callable[[], str]
    clock: Clock
    lookout: Lookout | None
    holds_on_changes: bool
    keep_every: float

    @property
    def run_folders(self) -> RunFolders:
        """Return the folders of this run."""
        return self.folders.run(self.run)

    @property
    def git(self) -> Git:
        """Return git, in the main worktree."""
        return self.repo.git

    def worktree(self, lane: str) -> Path:
        """Return a lane's worktree."""
        return self.worktrees / self.folders.graph / lane

    def runtime(self, lane: str) -> WorkstreamRuntime:
        """Return the contract's runtime of a lane that has been prepared."""
        spec = self.graph.lane_by_id[lane].spec
        state = WorkstreamState(
            signal_dir=self.folders.signals(lane),
            worktree_path=self.worktree(lane),
            branch_name=self.folders.integration_branch(lane),
        )
        return WorkstreamRuntime(spec, state)

    def signature(self, intent: Event) -> Signature:
        """Return who commits for an effect, dated by its intent, so that it can be made again."""
        moment = int(parse_rfc3339(intent.time))
        who = self.identity
        return Signature(who.name, who.email, moment, sign=who.sign)

    def trailers(self, lane: str, task: str | None = None, attempt: int | None = None) -> str:
        """Return the trailers by which done work is known from refs alone."""
        lines = [
            f"Agentrelay-Run: {self.folders.graph}/{self.run}",
            f"Agentrelay-Workstream: {lane}",
        ]
        if task is not None:
            lines += [f"Agentrelay-Task: {task}", f"Agentrelay-Attempt: {attempt}"]
            lines.append(f"Agentrelay-Spec: {spec_digest(self.graph.task_by_id[task])}")
        return "\n".join(lines)
