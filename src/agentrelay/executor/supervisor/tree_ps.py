"""A process tree as ``ps`` shows it: the portable way, without sub-reaper and without /proc.

An orphan loses its parent here, so that the tree remembers whom it has seen. Others are found by
the program's process group, or by their marker.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from agentrelay._shared import process
from agentrelay.executor.core.records import KEY_VARIABLE
from agentrelay.executor.supervisor.tree import Member, Usage

_LINE = re.compile(
    r"\s*(?P<pid>\d+)\s+(?P<parent>\d+)\s+(?P<group>\d+)\s+(?P<state>\S+)\s+(?P<time>\S+)"
    r"\s+(?P<start>\w+\s+\w+\s+\w+\s+[\d:]+\s+\d+)\s*"
)
_COLUMNS = "pid=,ppid=,pgid=,stat=,time=,lstart="


@dataclass(frozen=True, slots=True)
class _Row:
    member: Member
    parent: int
    group: int
    cpu: float


class PsTree:
    """The tree below a process, with all that was ever seen in it, and what carries the marker."""

    def __init__(self, marker: str, root: int | None, leader: int | None) -> None:
        """See what is below ``root`` or in the group of ``leader``, and what has ``marker``.

        That the group is still the leader's is sure only while it lives and shortly after.
        """
        self._marker = re.compile(rf"(?:^|\s){re.escape(f'{KEY_VARIABLE}={marker}')}(?:\s|$)")
        self._root = root
        self._leader = leader
        self._seen: set[Member] = set()
        self._cpu: dict[Member, float] = {}

    def members(self) -> list[Member]:
        """Return the live processes of the tree; neither the root nor the caller is one."""
        rows = self._inside(_rows(), self._marked())
        return [row.member for row in rows if _lives(row.member.pid)]

    def usage(self) -> Usage:
        """Return the CPU time of all processes that were seen in the tree."""
        for row in self._inside(_rows(), set()):
            self._cpu[row.member] = row.cpu
        return Usage(sum(self._cpu.values()), 0)

    def send(self, member: Member, signal: int) -> None:
        """Signal ``member``; nothing happens where it has ended or may not be signalled."""
        if not any(row.member == member for row in _rows()):
            return
        try:
            os.kill(member.pid, signal)
        except OSError:
            return

    def _inside(self, rows: list[_Row], marked: set[int]) -> list[_Row]:
        outside = {os.getpid(), self._root}
        candidates = [row for row in rows if row.member.pid not in outside]
        known = marked | {
            row.member.pid
            for row in candidates
            if row.member in self._seen or row.parent == self._root or row.group == self._leader
        }
        while more := {row.member.pid for row in candidates if row.parent in known} - known:
            known |= more
        inside = [row for row in candidates if row.member.pid in known]
        self._seen |= {row.member for row in inside}
        return inside

    def _marked(self) -> set[int]:
        found: set[int] = set()
        for line in _ps(*_with_environment(), "-o", "pid=,command=").splitlines():
            pid, _, command = line.strip().partition(" ")
            if pid.isdecimal() and self._marker.search(command):
                found.add(int(pid))
        return found


def _rows() -> list[_Row]:
    found: list[_Row] = []
    for line in _ps("-ax", "-o", _COLUMNS).splitlines():
        match = _LINE.fullmatch(line)
        if match and not match["state"].startswith(("Z", "X")):
            member = Member(int(match["pid"]), " ".join(match["start"].split()))
            cpu = _seconds(match["time"])
            found.append(_Row(member, int(match["parent"]), int(match["group"]), cpu))
    return found


def _with_environment() -> tuple[str, ...]:
    # ps(1): macOS shows the environment for -E, procps for a lone "e".
    return ("-axEww",) if sys.platform == "darwin" else ("axeww",)


def _ps(*args: str) -> str:
    environ = {"PATH": f"{os.defpath}:/usr/sbin:/sbin", "LC_ALL": "C"}
    done = process.run(("ps", *args), cwd=Path("/"), env=environ)
    return done.stdout.decode("utf-8", "replace")


def _lives(pid: int) -> bool:
    """Tell whether a process is still there; the ``ps`` that listed itself is not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _seconds(text: str) -> float:
    days, _, rest = text.rpartition("-")
    seconds = 0.0
    for part in rest.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds + (int(days) * 86400 if days else 0)


def markers() -> dict[str, list[int]]:
    """Return the processes that carry a marker in their environment, by marker."""
    found: dict[str, list[int]] = {}
    pattern = re.compile(rf"(?:^|\s){KEY_VARIABLE}=(\S+)")
    for line in _ps(*_with_environment(), "-o", "pid=,command=").splitlines():
        pid, _, command = line.strip().partition(" ")
        match = pattern.search(command)
        if pid.isdecimal() and match and _lives(int(pid)):
            found.setdefault(match[1], []).append(int(pid))
    return found
