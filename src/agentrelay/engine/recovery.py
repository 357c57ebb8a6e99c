"""What happens after a crash: read the journal, look at the world, do what was announced.

The journal's events rebuild the snapshot. An effect that was announced and has no result is done
again; since every act looks first whether the world already is as wanted, that does nothing
twice. Programs that still run are adopted by looking at their folders; signals are published
again from what the journal says.
"""

from __future__ import annotations

from pathlib import Path

from agentrelay.engine.fold import apply
from agentrelay.engine.snapshot import Snapshot, new_snapshot
from agentrelay.graph.model import TaskGraph
from agentrelay.journal.event import Event
from agentrelay.journal.store import read_events


def rebuild(graph: TaskGraph, run: int, journal: Path) -> Snapshot:
    """Return the snapshot of a run as of the last whole event of its journal."""
    snapshot = new_snapshot(graph, run)
    for event in read_events(journal):
        apply(snapshot, event)
    snapshot.changes.clear()
    return snapshot


def was_cut_off(snapshot: Snapshot) -> bool:
    """Tell whether the process that carried the run on last died at it."""
    rests = snapshot.finished is not None or snapshot.waiting_code is not None
    return not snapshot.stopped and not rests


def unfinished(snapshot: Snapshot) -> list[Event]:
    """Return the intents without a result, oldest first: each is to be done again."""
    return sorted(snapshot.in_flight.values(), key=lambda intent: intent.seq)
