"""Kills a process before the n-th thing that it does to the world: a program started, a name moved.

For what is no effect of a run, and so has no points at which the engine could be stopped.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count

STEPS = (
    "subprocess.Popen",
    *("os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.move", "shutil.rmtree"),
)
"""What Python tells its audit hooks before it starts a program or changes names on the disk."""


def is_killed(act: Callable[[], object], step: int) -> bool:
    """Do an act in a process of its own, killed before its n-th step; tell whether it had so many.

    AssertionError where it ends otherwise than well.
    """
    pid = os.fork()
    if pid == 0:
        _do(act, step)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, -signal.SIGKILL), f"ended with {code}, before step {step}"
    return code != 0


def _do(act: Callable[[], object], step: int) -> None:
    left = count(step, -1)

    def listen(event: str, arguments: object) -> None:
        del arguments
        if event in STEPS and next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(listen)
    try:
        act()
        os._exit(0)
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)
    finally:
        os._exit(99)
