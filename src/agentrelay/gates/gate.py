"""A gate: a command that must end with exit code 0 before a change goes on."""

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


def argv_of(command: Command) -> tuple[str, ...]:
    """Return the argv that runs ``command``; only a single line given as text meets a shell."""
    return ("sh", "-c", command) if isinstance(command, str) else command
