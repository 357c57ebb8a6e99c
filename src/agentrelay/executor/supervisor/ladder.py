"""End a whole process tree: ask, ask again, then kill until nothing of it is left."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from agentrelay.executor.supervisor.tree import Member, ProcessTree

INTERRUPT = 2.0
"""Seconds that the program itself has after SIGINT, which many agents take as "save and leave"."""
TERMINATE = 3.0
"""Seconds that all processes of the tree have after SIGTERM."""
SETTLE = 0.2
"""Seconds in which the rest of a tree may end by itself after the program has."""
KILL = 20.0
"""Seconds after which a tree that SIGKILL does not end is given up: it hangs in the kernel."""

Wait = Callable[[float], None]
"""Waits at most so many seconds and reaps what has ended."""


def interrupt(tree: ProcessTree, main: Member, has_ended: Callable[[], bool], wait: Wait) -> None:
    """Ask the program itself to end, and give it a little time for that."""
    tree.send(main, signal.SIGINT)
    _until(has_ended, INTERRUPT, wait)


def end_tree(tree: ProcessTree, main: int, wait: Wait) -> int:
    """End all processes of ``tree``; return how many had to be ended beside ``main``.

    The program has ended by itself, or did not follow when it was interrupted.
    """
    met: set[Member] = set()

    def is_empty() -> bool:
        members = tree.members()
        met.update(members)
        return not members

    if not _until(lambda: not tree.members(), SETTLE, wait):
        for member in tree.members():
            tree.send(member, signal.SIGTERM)
            met.add(member)
        if not _until(is_empty, TERMINATE, wait):
            _kill(tree, met, wait)
    return sum(member.pid != main for member in met)


def _kill(tree: ProcessTree, met: set[Member], wait: Wait) -> None:
    deadline = time.monotonic() + KILL
    while (members := tree.members()) and time.monotonic() < deadline:
        for member in members:
            tree.send(member, signal.SIGKILL)
        met.update(members)
        wait(0.01)


def _until(condition: Callable[[], bool], seconds: float, wait: Wait) -> bool:
    deadline = time.monotonic() + seconds
    pause = 0.01
    while not condition():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        wait(min(pause, left))
        pause = min(pause * 2, 0.2)
    return True
