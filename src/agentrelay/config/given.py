"""What a graph file may leave unsaid, because settings or the repository say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from agentrelay.config.settings import Settings
from agentrelay.graph.draft import ADAPTERS
from agentrelay.graph.model import DEFAULT_MAX_AGENTS, DEFAULT_MAX_GATES


@dataclass(frozen=True)
class Given:
    """Values for graphs that do not say otherwise.

    ``default_branch`` may be a function: it is asked once, and only if a lane needs it. ``agent``
    may be empty: then each task must have one. ``adapters`` are the names of known adapters.
    """

    default_branch: str | Callable[[], str] = "main"
    agent: str = ""
    adapters: frozenset[str] = ADAPTERS
    max_agents: int = DEFAULT_MAX_AGENTS
    max_gates: int = DEFAULT_MAX_GATES
    max_workstream_depth: int = 1

    @cached_property
    def branch(self) -> str:
        """Return the name of the default branch."""
        known = self.default_branch
        return known if isinstance(known, str) else known()


def given_by(settings: Settings, repository_branch: Callable[[], str]) -> Given:
    """Return what ``settings`` give to graphs.

    ``repository_branch`` is asked for the default branch if the settings do not name it.
    """
    return Given(
        default_branch=settings.default_branch or repository_branch,
        agent=settings.agent or "",
        max_agents=settings.max_agents,
        max_gates=settings.max_gates,
        max_workstream_depth=settings.max_workstream_depth,
    )
