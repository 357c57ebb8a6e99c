"""When a program whose supervisor has died is to be ended, since nobody else would.

How it ends can't be known any more, but what an agent says by its calls is. So an agent works on,
within its limits as far as they show on disk; a gate or a setup, which says nothing, need not.
"""

from __future__ import annotations

import os
from pathlib import Path

from agentrelay._shared import questions
from agentrelay.executor.core import calls, records


def is_due(folder: Path, order: records.Order, started: records.Started, now: float) -> bool:
    """Tell whether the orphaned program of ``folder`` is to be ended at ``now`` (Unix seconds).

    An agent that works in silence counts as idle: its processor time is no longer measured, and
    neither is the time that the machine slept left out. While it waits for a person it is at no
    limit, and idle counts from the answer; the wall limit counts all of its time.
    """
    if order.calls is None or (folder / records.STOP).exists():
        return True
    made = calls.read_calls(order.calls, order.token_digest, after=started.calls_after)
    word = calls.last_word(made)
    if word is not None and now >= word.time + order.grace:
        return True
    asking = folder / questions.FOLDER
    if questions.is_open(asking, now):
        return False
    bounds = order.bounds
    if bounds.wall is not None and now >= started.time + bounds.wall:
        return True
    places = [folder / records.OUTPUT, asking, order.cwd, order.calls, order.calls / calls.CALLS]
    active = max(started.time, *map(_modified, places))
    return bounds.idle is not None and now >= active + bounds.idle


def _modified(path: Path) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0
