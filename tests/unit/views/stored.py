"""A simulated run as it would be found stored."""

from __future__ import annotations

from pathlib import Path

from tests.adapters.simulated_world import SimulatedRun

from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import RunFacts
from agentrelay.interfaces.views.stored_run import StoredRun

FACTS = RunFacts(
    graph="g",
    digest="",
    commands="",
    default_branch="main",
    agent="claude",
    publish="none",
    worktree_root="/w",
    env_allow=(),
    sign=False,
    max_agents=4,
    max_gates=2,
    started="2026-01-02T03:04:05.000Z",
    agentrelay="0",
)


def stored(run: SimulatedRun, *, is_held: bool = True) -> StoredRun:
    """Return a run as stored; ``is_held`` says that a process carries it on."""
    folders = GraphFolders(Path("/r"), Path("/r/.git"), "g")
    return StoredRun(folders, 1, FACTS, run.snapshot, tuple(run.events), (), is_held=is_held)
