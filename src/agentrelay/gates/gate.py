"""A gate: a command that must end with exit code 0 before a change goes on; and its verdict."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_TIMEOUT = 30 * 60.0
DEFAULT_MAX_GATE_ATTEMPTS = 3

Command = tuple[str, ...] | str
"""An argv, or one line for ``sh -c``."""


@dataclass(frozen=True)
class GateSpec:
    """A gate as the graph declares it. ``timeout`` is in seconds."""

    name: str
    run: Command
    timeout: float = DEFAULT_TIMEOUT
    max_gate_attempts: int = DEFAULT_MAX_GATE_ATTEMPTS
    exclusive: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What a gate said about one exact tree; ``tree`` is a git object id."""

    gate: str
    tree: str
    argv: tuple[str, ...]
    folder: str
    environment_digest: str
    passed: bool
    exit_code: int | None
    reason: str
    log: str


def argv_of(command: Command) -> tuple[str, ...]:
    """Return the argv that runs ``command``; only a single line given as text meets a shell."""
    return ("sh", "-c", command) if isinstance(command, str) else command
