"""Who a process is, so that a later process can tell whether it still lives.

A pid alone is reused; with the machine, its boot, the pid namespace and the start time it is not.
Stdlib only and light, because the supervisor imports it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Liveness(Enum):
    """Whether a process lives; *unknown* is never a reason to kill or to start again."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process, once and for all. ``start`` is in the platform's own notation."""

    machine: str
    boot: str
    namespace: str
    pid: int
    start: str


@dataclass(frozen=True, slots=True)
class Host:
    """Where processes are counted: this machine, this boot of it, this pid namespace."""

    machine: str
    boot: str
    namespace: str
