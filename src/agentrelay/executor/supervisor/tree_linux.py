"""A process tree as Linux's /proc shows it; a sub-reaper keeps orphans below its root."""

from __future__ import annotations

import ctypes
import os
import signal as signals
from dataclasses import dataclass

from agentrelay.executor.core.records import KEY_VARIABLE
from agentrelay.executor.supervisor.tree import Member, Usage

_PR_SET_CHILD_SUBREAPER = 36
_DEAD = b"ZX"


@dataclass(frozen=True, slots=True)
class _Stat:
    """What proc_pid_stat(5) says of a process; ``reaped`` are the ticks of its ended children."""

    pid: int
    parent: int
    start: str
    dead: bool
    ticks: int
    reaped: int


class LinuxTree:
    """The tree below a sub-reaper, and whatever carries the marker in its environment."""

    def __init__(self, marker: str, root: int | None) -> None:
        """See the processes below ``root``, where given, and those with ``marker``."""
        self._marker = f"{KEY_VARIABLE}={marker}".encode()
        self._root = root
        self._ticks = os.sysconf("SC_CLK_TCK")

    def members(self) -> list[Member]:
        """Return the live processes of the tree; neither the root nor the caller is one."""
        stats = _stats()
        roots: set[int] = set() if self._root is None else {self._root}
        # Nothing of a tree is older than its root: that spares looking into most processes.
        first = min((int(stat.start) for stat in stats if stat.pid in roots), default=0)
        young = (stat for stat in stats if int(stat.start) >= first and not stat.dead)
        marked = {stat.pid for stat in young if self._is_marked(stat.pid)}
        inside = _below(stats, roots | marked) | marked
        inside -= {os.getpid()} | roots
        living = [stat for stat in stats if stat.pid in inside and not stat.dead]
        return [Member(stat.pid, stat.start) for stat in living]

    def usage(self) -> Usage:
        """Return what the tree below the root has used, ended processes included.

        What a reaped process used is counted with its parent, up to the root, whose own work (such
        as looking at all this) does not count.
        """
        if self._root is None:
            return Usage(0.0, 0)
        stats = _family(self._root)
        ticks = sum(stat.ticks for stat in stats if stat.pid != self._root)
        ticks += sum(stat.reaped for stat in stats)
        return Usage(ticks / self._ticks, sum(_written(stat.pid) for stat in stats))

    def send(self, member: Member, signal: int) -> None:
        """Signal ``member``; nothing happens where it has ended or may not be signalled."""
        try:
            descriptor = os.pidfd_open(member.pid)
        except OSError:
            return
        try:
            # The descriptor holds on to one process; only now is it safe to look which.
            stat = _stat(member.pid)
            if stat is not None and stat.start == member.start:
                signals.pidfd_send_signal(descriptor, signal)
        except OSError:
            return
        finally:
            os.close(descriptor)

    def _is_marked(self, pid: int) -> bool:
        return self._marker in _read(f"/proc/{pid}/environ").split(b"\0")


def become_subreaper() -> None:
    """Make this process the parent of every orphan below it; OSError where that is refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed")


def _stats() -> list[_Stat]:
    found = (_stat(int(name)) for name in os.listdir("/proc") if name.isdecimal())
    return [stat for stat in found if stat is not None]


def _family(root: int) -> list[_Stat]:
    """Return the process ``root`` and all below it.

    Where the kernel lists children (proc_tid_children(5)), this costs what the tree is large, not
    what the machine is busy. A list may lack one that is just being made: good enough for figures.
    """
    if not os.path.exists(f"/proc/{root}/task/{root}/children"):
        stats = _stats()
        inside = _below(stats, {root}) | {root}
        return [stat for stat in stats if stat.pid in inside]
    pids = [root]
    for pid in pids:
        pids += _children(pid)
    found = (_stat(pid) for pid in dict.fromkeys(pids))
    return [stat for stat in found if stat is not None]


def _children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    listed = (_read(f"/proc/{pid}/task/{thread}/children") for thread in threads)
    return [int(child) for children in listed for child in children.split()]


def _stat(pid: int) -> _Stat | None:
    data = _read(f"/proc/{pid}/stat")
    if not data:
        return None
    fields = data[data.rindex(b")") + 2 :].split()
    return _Stat(
        pid=pid,
        parent=int(fields[1]),
        start=fields[19].decode(),
        dead=fields[0] in _DEAD,
        ticks=int(fields[11]) + int(fields[12]),
        reaped=int(fields[13]) + int(fields[14]),
    )


def _below(stats: list[_Stat], roots: set[int]) -> set[int]:
    children: dict[int, list[int]] = {}
    for stat in stats:
        children.setdefault(stat.parent, []).append(stat.pid)
    inside: set[int] = set()
    waiting = list(roots)
    while waiting:
        for pid in children.get(waiting.pop(), ()):
            if pid not in inside:
                inside.add(pid)
                waiting.append(pid)
    return inside


def _written(pid: int) -> int:
    for line in _read(f"/proc/{pid}/io").splitlines():
        if line.startswith(b"write_bytes:"):
            return int(line.split()[1])
    return 0


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def markers() -> dict[str, list[int]]:
    """Return the processes that carry a marker in their environment, by marker."""
    found: dict[str, list[int]] = {}
    name = f"{KEY_VARIABLE}=".encode()
    for stat in _stats():
        for entry in _read(f"/proc/{stat.pid}/environ").split(b"\0"):
            if entry.startswith(name) and not stat.dead:
                marker = entry.removeprefix(name).decode("utf-8", "replace")
                found.setdefault(marker, []).append(stat.pid)
    return found
