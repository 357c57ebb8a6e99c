"""The agent adapter protocol: how to launch a coding program for a turn, and how to judge its end.

An adapter is a small, stateless object; it starts nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol


class Completion(Enum):
    """The agent's own last word in a turn, through its calls."""

    NONE = "none"
    DONE = "done"
    FAILED = "failed"


class TurnResult(Enum):
    """What a turn came to, by evidence."""

    DONE = "done"
    FAILED = "failed"
    STALLED = "stalled"
    """A start, idle or wall limit ended it."""
    STOPPED = "stopped"
    """We ended it, on a person's word; burns no attempt."""
    CRASHED = "crashed"
    """A signal that we did not send."""
    LOST = "lost"
    """Nobody saw how it ended: supervisor and program vanished together, as by a restart of the
    machine; burns no attempt the first few times."""


@dataclass(frozen=True)
class TurnRequest:
    """One turn to be launched. ``instructions`` and ``feedback`` are files; texts in them are ours.

    ``run`` and ``model`` come from the graph's agent; ``session`` is the agent's own session id of
    the attempt's earlier turn, where it gave one.
    """

    task: str
    attempt: int
    turn: int
    cwd: Path
    instructions: Path
    feedback: Path | None
    env: Mapping[str, str] = field(repr=False)
    run: tuple[str, ...] | str | None = None
    model: str | None = None
    session: str | None = None


@dataclass(frozen=True)
class AgentLaunch:
    """The program to start: ``env`` is added to the turn's environment."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True)
class TurnEvidence:
    """What is known once a turn's process tree has ended.

    ``ending`` is the value of an executor's ``Ending``, or ``lost``.
    """

    ending: str
    exit_code: int | None
    signal: int | None
    completion: Completion
    reason: str
    output: Path


@dataclass(frozen=True)
class Judgement:
    """What the turn came to, with one sentence for people."""

    result: TurnResult
    reason: str = ""


class AgentAdapter(Protocol):
    """Drives one kind of coding program."""

    def launch(self, request: TurnRequest) -> AgentLaunch:
        """Return what to start for ``request``. AgentError where the agent is not usable."""
        ...

    def judge(self, evidence: TurnEvidence) -> Judgement:
        """Return what a turn came to; the agent's calls outweigh its exit code."""
        ...
