"""Put the supervisor into the background, once for each folder, and let it do its work.

The descriptors of the folder's lock and of the allowances come from the starter, who took them:
there is no moment at which nobody holds them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from agentrelay._shared import atomic, process
from agentrelay._shared.clock import SystemClock
from agentrelay._shared.liveness import this_process
from agentrelay.executor.core import calls, records
from agentrelay.executor.supervisor.inbox import Inbox
from agentrelay.executor.supervisor.platforms import adopt_orphans
from agentrelay.executor.supervisor.supervision import Post, supervise

STARTED = 0
ALREADY = 3
"""Exit code of the first process where the folder was started before; others are failures."""


def main(arguments: Sequence[str]) -> int:
    """Supervise the launch of a folder; the first process returns once that is sure.

    ``arguments`` are the folder, the descriptor that holds its lock, and those of allowances.
    """
    folder = Path(arguments[0])
    lock, *allowances = (int(argument) for argument in arguments[1:])
    for descriptor in (lock, *allowances):
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - the stdlib's own signature
    order = records.load_order(folder)
    if (folder / records.STARTED).exists():
        return ALREADY
    environ = {name: os.environ[name] for name in order.env_names if name in os.environ}
    post = Post(folder, os.stat(folder), order, environ, lock, allowances)
    report = process.detach()
    adopt_orphans()
    inbox = Inbox()
    earlier = calls.last_id(order.calls) if order.calls else ""
    started = records.Started(this_process(), SystemClock().now(), earlier)
    if not atomic.publish_once(folder / records.STARTED, records.encode_started(started)):
        os.write(report, bytes([ALREADY]))
        return ALREADY
    os.write(report, bytes([STARTED]))
    os.close(report)
    supervise(post, started, inbox)
    return STARTED
