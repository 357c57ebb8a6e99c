"""Ask the machine who a process is and whether a known one still lives.

Stdlib only and light, because the supervisor imports it.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from agentrelay._shared import process
from agentrelay._shared.identity import Host, Liveness, ProcessIdentity


def this_host() -> Host:
    """Return where the calling process runs; parts that the platform does not tell are empty."""
    if sys.platform == "linux":
        machine = _read("/etc/machine-id") or os.uname().nodename
        boot = _read("/proc/sys/kernel/random/boot_id")
        try:
            return Host(machine, boot, os.readlink("/proc/self/ns/pid"))
        except OSError:
            return Host(machine, boot, "")
    return Host(os.uname().nodename, _ask("sysctl", "-n", "kern.bootsessionuuid"), "")


def this_process() -> ProcessIdentity:
    """Return the identity of the calling process."""
    host, pid = this_host(), os.getpid()
    start = start_time(pid) or ""
    return ProcessIdentity(host.machine, host.boot, host.namespace, pid, start)


def start_time(pid: int) -> str | None:
    """Return when the process ``pid`` of this machine started, None where none of it runs.

    A zombie does not run: where nobody reaps, it stays for good.
    """
    seen = _seen(pid)
    return None if seen is None or seen.is_over else seen.start


def liveness(identity: ProcessIdentity) -> Liveness:
    """Tell whether that very process lives, as far as this process can see.

    Another boot of this machine ended all of the one before. What another machine or another pid
    namespace has can't be seen from here, and neither can what the system hides.
    """
    host = this_host()
    if not identity.start or not identity.boot or not host.boot:
        return Liveness.UNKNOWN
    if identity.boot != host.boot:
        same = identity.machine == host.machine
        return Liveness.DEAD if same else Liveness.UNKNOWN
    if identity.namespace != host.namespace:
        return Liveness.UNKNOWN
    seen = _seen(identity.pid)
    if seen is None:
        return Liveness.UNKNOWN if _exists(identity.pid) else Liveness.DEAD
    same = seen.start == identity.start and not seen.is_over
    return Liveness.ALIVE if same else Liveness.DEAD


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the system shows of a process; one that ``is_over`` is a zombie."""

    start: str
    is_over: bool


def _seen(pid: int) -> _Seen | None:
    """Return what can be seen of a process, None where that is nothing."""
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_bytes()
        except OSError:
            return None
        # proc(5): the name in parentheses may hold anything; field 22 is counted behind it.
        fields = stat[stat.rindex(b")") + 2 :].split()
        return _Seen(fields[19].decode(), fields[0] in (b"Z", b"X"))
    state, _, start = _ask("ps", "-o", "stat=,lstart=", "-p", str(pid)).partition(" ")
    return _Seen(start, state.startswith("Z")) if start else None


def _exists(pid: int) -> bool:
    """Tell whether there is a process of that number, though it can't be looked at."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _ask(*argv: str) -> str:
    environ = {"PATH": f"{os.defpath}:/usr/sbin:/sbin", "LC_ALL": "C"}
    try:
        done = process.run(argv, cwd=Path("/"), env=environ, timeout=10)
    except (OSError, process.ProcessTimeoutError):
        return ""
    return " ".join(done.stdout.decode("utf-8", "replace").split())
