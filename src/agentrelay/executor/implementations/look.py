"""What is true of a supervised program of this machine: read from its folder and its lock.

The lock is what counts: the kernel drops it with its last holder, the supervisor or its program.
A lock of another kernel (a folder shared between a machine and a virtual one, say) is not seen
here, so where a program was started under another kernel of another machine, nothing is known.
"""

from __future__ import annotations

from pathlib import Path

from agentrelay._shared import locks
from agentrelay._shared.identity import Host, Liveness, ProcessIdentity
from agentrelay._shared.liveness import liveness, this_host
from agentrelay.errors import FormatError
from agentrelay.executor.core import records
from agentrelay.executor.core.executor import Ended, Look, Lost, NotStarted, Running, Unclear

REBOOTED = "the machine was restarted"


def look_at(folder: Path) -> Look:
    """Return what is true of the program of ``folder`` now."""
    # The lock first: once it is free, an outcome will not come any more.
    try:
        is_held = locks.is_held(folder / records.LOCK)
        outcome = records.load_outcome(folder)
        started = records.load_started(folder)
    except (FormatError, OSError) as error:
        return Unclear(str(error))
    if outcome is not None:
        return Ended(outcome)
    if started is None:
        return Unclear("a start is under way") if is_held else NotStarted()
    if is_held:
        return _running(started)
    return _unheld(started.supervisor, this_host())


def _running(started: records.Started) -> Running:
    pid, since = started.supervisor.pid, started.time
    match liveness(started.supervisor):
        case Liveness.ALIVE:
            return Running(pid, since)
        case Liveness.DEAD:
            return Running(pid, since, "its supervisor has ended, its program lives on")
        case Liveness.UNKNOWN:
            return Running(pid, since, "its supervisor can't be seen from here")


def _unheld(supervisor: ProcessIdentity, host: Host) -> Lost | Unclear:
    if supervisor.boot == host.boot:
        return Lost()
    if supervisor.machine != host.machine:
        return Unclear(f"it was started on another machine ({supervisor.machine})")
    return Lost(REBOOTED)
