"""Ask the machine who a process is and whether a known one still lives.

Stdlib only and light, because the supervisor imports it.
"""

from __future__ import annotations

import os
import sys
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
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_bytes()
        except OSError:
            return None
        # proc(5): the name in parentheses may hold anything; field 22 is counted behind it.
        fields = stat[stat.rindex(b")") + 2 :].split()
        return None if fields[0] in (b"Z", b"X") else fields[19].decode()
    state, _, start = _ask("ps", "-o", "stat=,lstart=", "-p", str(pid)).partition(" ")
    return None if state.startswith("Z") else start or None


def liveness(identity: ProcessIdentity) -> Liveness:
    """Tell whether that very process lives, as far as this process can see."""
    host = this_host()
    if identity.boot != host.boot:
        same = identity.machine == host.machine
        return Liveness.DEAD if same else Liveness.UNKNOWN
    if identity.namespace != host.namespace or not identity.start:
        return Liveness.UNKNOWN
    same = start_time(identity.pid) == identity.start
    return Liveness.ALIVE if same else Liveness.DEAD


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
