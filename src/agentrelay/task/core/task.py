"""The immutable spec of a task, as a graph declares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from agentrelay.gates.gate import GateSpec

DEFAULT_START_LIMIT = 90.0
DEFAULT_IDLE_LIMIT = 15 * 60.0
DEFAULT_MAX_ATTEMPTS = 2

ROLES = ("generic", "spec_writer", "test_writer", "test_reviewer", "implementer", "reviewer")


class TaskStatus(str, Enum):  # noqa: UP042 - the same form as the contract's WorkstreamStatus
    """Where a task is; `TRANSITIONS` says what may follow what."""

    PENDING = "pending"
    RUNNING = "running"
    GATING = "gating"
    PR_CREATED = "pr_created"
    MERGED = "merged"
    FAILED = "failed"
    CANCELLED = "cancelled"


BUDGETS = ("cost_usd", "tokens", "time")
"""What all turns of a run, together, may be bound in: fields of `Budget`, and of `Limits`."""


@dataclass(frozen=True)
class Budget:
    """Bounds on all turns of a lane or run together: dollars, tokens, seconds; None is no bound."""

    cost_usd: float | None = None
    tokens: int | None = None
    time: float | None = None


@dataclass(frozen=True)
class Limits:
    """Bounds on an agent, in seconds, dollars and tokens; None is no bound.

    ``start``, ``idle`` and ``wall`` are for each turn, the others for all turns of the task.
    """

    start: float | None = DEFAULT_START_LIMIT
    idle: float | None = DEFAULT_IDLE_LIMIT
    wall: float | None = None
    cost_usd: float | None = None
    tokens: int | None = None
    time: float | None = None


@dataclass(frozen=True)
class InputFrom:
    """An output, by category, that another task declared and this one is shown."""

    task: str
    category: str


@dataclass(frozen=True)
class TaskSpec:
    """One unit of agent work. ``agent`` is a name from the graph's agents, or an adapter's."""

    id: str
    workstream_id: str
    description: str
    dependencies: tuple[str, ...] = ()
    role: str = "generic"
    agent: str = ""
    max_attempts: int = DEFAULT_MAX_ATTEMPTS
    limits: Limits = field(default_factory=Limits)
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    inputs_from: tuple[InputFrom, ...] = ()
    allow_empty: bool = False
    cwd: str = "."
    gates: tuple[GateSpec, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    env_from: tuple[str, ...] = ()
    env_allow: tuple[str, ...] = ()
