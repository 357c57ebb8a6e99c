"""What an agent is asked in a turn: the request that its adapter makes a launch of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from agentrelay._shared import questions
from agentrelay.agent.core.adapter import AgentAdapter, Asking, TurnRequest
from agentrelay.engine.layout import AttemptFolders
from agentrelay.engine.world import World
from agentrelay.executor.core import calls
from agentrelay.gitio.admin import require_admin
from agentrelay.graph.model import AgentSpec
from agentrelay.graph.naming import name_of_task
from agentrelay.journal.event import Data, Event
from agentrelay.task.core.instructions import continued, pointed
from agentrelay.task.core.task import TaskSpec

MAX_PROMPT = 100_000
"""Bytes of a prompt that go on a command line; Linux takes 128 KiB as one argument."""

CONFIGURATION = 0o700
"""Mode of an isolated agent's own folder: its program may keep keys there."""


def agent_of(world: World, spec: TaskSpec) -> tuple[AgentSpec, AgentAdapter]:
    """Return who does a task, and the adapter for it."""
    agent = world.graph.agents.get(spec.agent) or AgentSpec(spec.agent, spec.agent)
    return agent, world.adapter(agent.adapter)


def turn_request(
    world: World, intent: Event, env: Mapping[str, str], feedback: Path | None
) -> TurnRequest:
    """Return what the agent of a turn is asked; ``feedback`` is the file with what went wrong."""
    spec = world.graph.task_by_id[intent.task or ""]
    folders = world.run_folders.attempt(spec.id, intent.attempt or 1)
    agent, _ = agent_of(world, spec)
    worktree = world.worktree(spec.workstream_id)
    told = feedback.read_text() if feedback is not None else ""
    setup = world.graph.lane_by_id[spec.workstream_id].setup
    commands = [gate.run for gate in spec.gates]
    return TurnRequest(
        task=spec.id,
        cwd=worktree / spec.cwd,
        env=env,
        prompt=_prompt(folders, feedback, told),
        follow_up=_bounded(told, feedback),
        session=intent.data.get("session"),
        run=agent.run,
        model=agent.model,
        bypass=agent.bypasses_permissions,
        home=_own_home(folders) if agent.isolated else None,
        worktree=worktree,
        writable=(*_git_folders(world, worktree), folders.agent),
        readable=(world.run_folders.root,),
        commands=(*commands, *([setup.run] if setup is not None else ()), *agent.allow),
        cost_limit=intent.data.get("cost_usd"),
        scratch=folders.turn(intent.turn or 1) / "launch",
        mcp=world.mcp_url() if agent.mcp else None,
        asking=_asking(world, intent, folders, agent.answer_within) if agent.asks else None,
    )


def _asking(world: World, intent: Event, folders: AttemptFolders, within: float) -> Asking:
    return Asking(
        folder=folders.turn(intent.turn or 1) / questions.FOLDER,
        bells=(world.folders.wake, folders.agent / calls.WAKE),
        within=within,
        command=f"agentrelay answer {name_of_task(world.graph, intent.task or '')}",
        settled=intent.data.get("settled", {}),
    )


def _prompt(folders: AttemptFolders, feedback: Path | None, told: str) -> str:
    whole = folders.instructions.read_text()
    if told:
        whole = continued(whole, _last_words(folders), told)
    return _bounded(whole, folders.instructions, *([feedback] if feedback is not None else ()))


def _bounded(text: str, *files: Path | None) -> str:
    if len(text.encode("utf-8", "replace")) <= MAX_PROMPT:
        return text
    return pointed([str(path) for path in files if path is not None])


def _last_words(folders: AttemptFolders) -> str:
    """Return what the attempt's last turn said of itself."""
    try:
        result: Data = json.loads(folders.result.read_bytes())
    except FileNotFoundError:
        return ""
    return str(result.get("summary") or result.get("said") or "")


def _own_home(folders: AttemptFolders) -> Path:
    folders.home.mkdir(mode=CONFIGURATION, parents=True, exist_ok=True)
    return folders.home


def _git_folders(world: World, worktree: Path) -> tuple[Path, ...]:
    """Return where git writes when somebody commits in a lane's worktree; not its configuration."""
    shared = world.repo.common_dir
    own = require_admin(worktree).folder.resolve()
    return (own, shared / "objects", shared / "refs", shared / "logs")
