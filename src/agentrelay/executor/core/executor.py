"""The executor protocol: start one supervised program, look at it, stop it.

Identity is the *folder*: one supervised program for each turn or gate folder, ever. Everything
that is known about it is in that folder, so that any later process can look at it.

    <folder>/lock            held (flock) as long as the supervisor or its program lives
    <folder>/launch.json     what was started (never the environment's values)
    <folder>/started         identity of the supervisor; from then on it is never started again
    <folder>/output.log      standard output and error of the program
    <folder>/outcome.json    how it ended; published once, whole, after the tree has been ended
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol


class Ending(Enum):
    """Why a supervised program ended."""

    EXITED = "exited"
    COMPLETED = "completed"
    """Ended by us some seconds after the agent called ``done`` or ``fail``."""
    START_LIMIT = "start_limit"
    IDLE_LIMIT = "idle_limit"
    WALL_LIMIT = "wall_limit"
    STOPPED = "stopped"
    NOT_STARTED = "not_started"
    """The program could not be executed at all."""


@dataclass(frozen=True)
class Outcome:
    """How a supervised program ended. ``exit_code`` is None where a signal ended it.

    ``survivors`` counts processes of its tree that had to be ended after the program itself;
    times are Unix seconds by the clock as it stood at the start, the machine's sleep left out, so
    that their difference is how long it ran.
    """

    ending: Ending
    exit_code: int | None
    signal: int | None
    started: float
    ended: float
    survivors: int = 0


@dataclass(frozen=True)
class Bounds:
    """Limits in seconds, None for none. Idle is reset by output, file writes and CPU time."""

    start: float | None = None
    idle: float | None = None
    wall: float | None = None


@dataclass(frozen=True)
class Slots:
    """A machine-wide allowance: at most ``limit`` holders of ``kind`` for this user at once."""

    kind: str
    limit: int


@dataclass(frozen=True)
class Launch:
    """A program to supervise.

    ``env`` is its whole environment and is never written to disk. ``key`` marks every process of
    its tree (environment variable AGENTRELAY_KEY). ``wake`` is a FIFO that gets one byte once the
    outcome is published. ``calls`` is the agent's folder (in which calls/ and wake are), None for a
    gate: a valid ``done`` or ``fail`` made there from now on ends the turn ``grace`` seconds later;
    ``token_digest`` proves them.
    ``exclusive`` names a lock beside which no other holder runs, on this machine; ``place`` is the
    file of such a lock, for what this program works in.
    """

    folder: Path
    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(repr=False)
    key: str
    bounds: Bounds = field(default_factory=Bounds)
    slots: Slots | None = None
    exclusive: str | None = None
    place: Path | None = None
    wake: Path | None = None
    calls: Path | None = None
    token_digest: str = ""
    grace: float = 10.0


class Start(Enum):
    """What ``start`` found or did."""

    STARTED = "started"
    ALREADY = "already"
    """It was started before (it may have ended since); nothing was done."""
    NO_SLOT = "no_slot"
    """The allowance, the exclusive lock or the place is taken; nothing was done."""


@dataclass(frozen=True)
class NotStarted:
    """Nothing was ever started in the folder."""


@dataclass(frozen=True)
class Running:
    """The supervisor lives, or its program does. ``pid`` is the supervisor's.

    ``note`` is for people: what is unusual, if anything.
    """

    pid: int
    since: float
    note: str = ""


@dataclass(frozen=True)
class Ended:
    """The whole tree has ended and the outcome is published."""

    outcome: Outcome


@dataclass(frozen=True)
class Lost:
    """It was started, nothing of it lives (the lock is free), and no outcome was published.

    ``why`` is for people: what is known about that, if anything.
    """

    why: str = field(default="", compare=False)


@dataclass(frozen=True)
class Unclear:
    """Cannot be told; never a reason to kill or restart. ``why`` is for people."""

    why: str


Look = NotStarted | Running | Ended | Lost | Unclear


class Executor(Protocol):
    """Starts, observes and stops supervised programs. Safe from several threads."""

    def warm_up(self) -> None:
        """Have ready what all starts need, so that the first takes no longer than the others.

        Nothing has to call this. ExecutorError where it can't be done.
        """
        ...

    def close(self) -> None:
        """Let go of what is kept for further starts; what was started goes on."""
        ...

    def start(self, launch: Launch) -> Start:
        """Start ``launch`` unless its folder was started before; return what was found or done.

        On return with STARTED the supervisor is detached, holds the folder's lock and has
        published ``started``. Idempotent by folder. ExecutorError where it can't be started.
        """
        ...

    def look(self, folder: Path) -> Look:
        """Return what is true of the program of ``folder`` now, from the disk and the lock."""
        ...

    def stop(self, folder: Path, reason: str) -> None:
        """Ask that the program and its whole tree be ended; returns once asked.

        Idempotent, and harmless where nothing runs. The end shows as an outcome with STOPPED.
        """
        ...

    def has_slot(self, slots: Slots) -> bool:
        """Tell whether an allowance of this kind is free just now."""
        ...
