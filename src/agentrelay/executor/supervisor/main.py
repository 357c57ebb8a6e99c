"""Take up a supervision, once for each folder, and do its work.

The descriptors of the folder's lock and of the allowances come from the starter, who took them:
there is no moment at which nobody holds them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from agentrelay._shared import atomic, locks
from agentrelay._shared.clock import SystemClock
from agentrelay._shared.liveness import this_process
from agentrelay.executor.core import calls, records
from agentrelay.executor.supervisor.inbox import Inbox
from agentrelay.executor.supervisor.platforms import adopt_orphans
from agentrelay.executor.supervisor.steps import Listener, Step
from agentrelay.executor.supervisor.supervision import Post, supervise

STARTED = 0
ALREADY = 3
"""What is reported where the folder was started before; no report at all is a failure."""


def main(  # noqa: PLR0913 - what a supervisor starts with
    folder: Path,
    environ: Mapping[str, str],
    report: int,
    lock: int,
    allowances: Sequence[int],
    *,
    listener: Listener,
) -> None:
    """Supervise the launch of a folder, to its end.

    ``environ`` are the program's variables. ``report`` gets one byte and is closed once it is sure
    that this is the folder's one supervisor, or is not. ``listener`` is told of each step.
    """
    listener(folder, Step.RAISED)
    order = records.load_order(folder)
    if (folder / records.STARTED).exists():
        _tell(report, ALREADY)
        return
    known = {name: environ[name] for name in order.env_names if name in environ}
    post = Post(folder, os.stat(folder), order, known, lock, allowances)
    adopt_orphans()
    inbox = Inbox()
    earlier = calls.last_id(order.calls) if order.calls else ""
    started = records.Started(this_process(), SystemClock().now(), earlier)
    if not atomic.publish_once(folder / records.STARTED, records.encode_started(started)):
        _tell(report, ALREADY)
        return
    for allowance in allowances:
        with contextlib.suppress(OSError):
            locks.sign(allowance)
    listener(folder, Step.NOTED)
    _tell(report, STARTED)
    listener(folder, Step.TOLD)
    supervise(post, started, inbox, listener)


def _tell(report: int, code: int) -> None:
    # A starter that has died meanwhile takes nothing back.
    with contextlib.suppress(BrokenPipeError):
        os.write(report, bytes([code]))
    os.close(report)
