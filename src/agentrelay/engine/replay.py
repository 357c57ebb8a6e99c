"""Replay: decide anew on what a journal says came in, and compare with what it says was decided.

The engine is pure, so a journal's inputs give its outputs again; where they don't, the journal was
written by an engine that decided otherwise, or was changed since. A step that a crash cut short
is no difference: what is missing of it was decided again when the run went on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from agentrelay.engine.decide import steps
from agentrelay.engine.fold import apply
from agentrelay.engine.snapshot import Snapshot, new_snapshot
from agentrelay.errors import InternalError
from agentrelay.graph.model import TaskGraph
from agentrelay.journal.event import INPUTS, RUN_RESUMED, Draft, Event, decode, encode


@dataclass(frozen=True)
class Difference:
    """Where journal and engine part.

    ``recorded`` is the journal's event at ``seq``; ``decided`` what the engine decides there now,
    or None where it decides nothing. ``why`` says what is wrong with an event that fits nowhere.
    """

    seq: int
    recorded: Event
    decided: Draft | None
    why: str = ""


class Gap(NamedTuple):
    """A step that a crash cut short: after event ``seq``, ``decided`` would have been next."""

    seq: int
    decided: Draft


class Standstill(NamedTuple):
    """A step after which the engine gave up, because nothing could happen any more."""

    seq: int
    report: str


@dataclass
class Replay:
    """What replaying a journal found; ``snapshot`` is the run as of the last event that fits."""

    snapshot: Snapshot
    inputs: int = 0
    commands: int = 0
    difference: Difference | None = None
    gaps: list[Gap] = field(default_factory=list[Gap])
    standstills: list[Standstill] = field(default_factory=list[Standstill])


def replay(graph: TaskGraph, run: int, events: Sequence[Event], *, to: int | None = None) -> Replay:
    """Return what comes of deciding again on the inputs among a journal's events.

    It ends after event ``to``, if that is given, and at the first difference: what comes after
    one would only follow from it.
    """
    return _Replayer(Replay(new_snapshot(graph, run)), events, to).replay()


class _Ends(Exception):  # noqa: N818 - no error: the step has no more to compare
    """A step ends before the engine has decided all of it."""


class _Replayer:
    """Walks through a journal, step by step. Its place is the snapshot's last event."""

    def __init__(self, found: Replay, events: Sequence[Event], to: int | None) -> None:
        self._found = found
        self._events = events
        self._end = len(events) if to is None else min(to, len(events))

    def replay(self) -> Replay:
        while (event := self._next()) is not None and self._found.difference is None:
            if event.type in INPUTS:
                self._step(event)
            else:
                self._found.difference = Difference(event.seq, event, None)
        return self._found

    def _next(self) -> Event | None:
        place = self._found.snapshot.seq
        return self._events[place] if place < self._end else None

    def _step(self, first: Event) -> None:
        snapshot = self._found.snapshot
        try:
            self._apply(first)
            self._found.inputs += 1
            steps(snapshot, first, self._compare)
        except _Ends:
            return
        except InternalError as error:
            self._found.standstills.append(Standstill(snapshot.seq, error.message))

    def _compare(self, decided: Draft) -> Event:
        """Return the recorded event that ``decided`` is, applied; _Ends where it is another."""
        recorded = self._next()
        if recorded is None and self._end < len(self._events):
            raise _Ends
        if recorded is None or recorded.type == RUN_RESUMED:
            self._found.gaps.append(Gap(self._found.snapshot.seq, decided))
            raise _Ends
        if not _is_same(decided, recorded):
            self._found.difference = Difference(recorded.seq, recorded, decided)
            raise _Ends
        self._apply(recorded)
        self._found.commands += 1
        return recorded

    def _apply(self, event: Event) -> None:
        snapshot = self._found.snapshot
        before = snapshot.seq
        try:
            apply(snapshot, event)
        except (InternalError, LookupError, TypeError, ValueError) as error:
            # What no engine can have recorded here: the file was changed by another hand.
            snapshot.seq = before
            why = f"it does not fit what came before: {error!r}"
            self._found.difference = Difference(event.seq, event, None, why)
            raise _Ends from error
        snapshot.changes.clear()


def _is_same(decided: Draft, recorded: Event) -> bool:
    """Tell whether a command is the recorded one, as the journal writes it."""
    if decided == recorded[2:]:
        return True
    return decode(encode(Event(recorded.seq, recorded.time, *decided))) == recorded
