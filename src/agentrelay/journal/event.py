"""Events: the immutable entries of a run's journal, their closed list of types, their encoding.

``Inputs`` came from outside of the engine (results, requests, the clock); ``Outputs`` are its own
decisions. A journal line is one JSON object; ``data`` depends on the type and is documented in
docs/reference/events.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from agentrelay.errors import FormatError

Data = Mapping[str, Any]
"""JSON of an event; read by the one rule that belongs to the event's type."""

# Inputs.
RUN_STARTED = "run.started"
RUN_RESUMED = "run.resumed"
RUN_INTERRUPTED = "run.interrupted"
EFFECT_DONE = "effect.done"
EFFECT_FAILED = "effect.failed"
SETUP_ENDED = "setup.ended"
TURN_ENDED = "turn.ended"
TURN_ASKED = "turn.asked"
TURN_ANSWERED = "turn.answered"
GATE_ENDED = "gate.ended"
REQUEST_RECEIVED = "request.received"
TIMER_DUE = "timer.due"
SLOT_FREE = "slot.free"
KEEP_DUE = "keep.due"
ACCOUNT_OPEN = "account.open"
FORGE_SEEN = "forge.seen"

# Outputs.
EFFECT_INTENT = "effect.intent"
SLOT_WANTED = "slot.wanted"
FEEDBACK_GIVEN = "feedback.given"
ATTEMPT_FAILED = "attempt.failed"
ATTEMPT_STOPPED = "attempt.stopped"
TASK_HELD = "task.held"
TASK_RELEASED = "task.released"
TASK_STOPPING = "task.stopping"
TASK_REOPENED = "task.reopened"
TASK_CANCELLED = "task.cancelled"
LIMITS_SET = "limits.set"
TASK_TAKEN = "task.taken"
TASK_GIVEN = "task.given"
TASK_TOLD = "task.told"
LANE_READY = "lane.ready"
LANE_HELD = "lane.held"
LANE_RELEASED = "lane.released"
LANE_FAILED = "lane.failed"
WORK_PAUSED = "work.paused"
WORK_UNPAUSED = "work.unpaused"
REQUEST_ANSWERED = "request.answered"
RUN_WAITING = "run.waiting"
RUN_FINISHED = "run.finished"

INPUTS = frozenset(
    {
        RUN_STARTED,
        RUN_RESUMED,
        RUN_INTERRUPTED,
        EFFECT_DONE,
        EFFECT_FAILED,
        SETUP_ENDED,
        TURN_ENDED,
        TURN_ASKED,
        TURN_ANSWERED,
        GATE_ENDED,
        REQUEST_RECEIVED,
        TIMER_DUE,
        SLOT_FREE,
        KEEP_DUE,
        ACCOUNT_OPEN,
        FORGE_SEEN,
    }
)
OUTPUTS = frozenset(
    {
        EFFECT_INTENT,
        SLOT_WANTED,
        FEEDBACK_GIVEN,
        ATTEMPT_FAILED,
        ATTEMPT_STOPPED,
        TASK_HELD,
        TASK_RELEASED,
        TASK_STOPPING,
        TASK_REOPENED,
        TASK_CANCELLED,
        LIMITS_SET,
        TASK_TAKEN,
        TASK_GIVEN,
        TASK_TOLD,
        LANE_READY,
        LANE_HELD,
        LANE_RELEASED,
        LANE_FAILED,
        WORK_PAUSED,
        WORK_UNPAUSED,
        REQUEST_ANSWERED,
        RUN_WAITING,
        RUN_FINISHED,
    }
)
TYPES = INPUTS | OUTPUTS

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Draft(NamedTuple):
    """An event before it has its place and time in the journal."""

    type: str
    workstream: str | None = None
    task: str | None = None
    attempt: int | None = None
    turn: int | None = None
    data: Data = MappingProxyType({})


class Event(NamedTuple):
    """One entry: ``seq`` counts from 1 without a gap, ``time`` is RFC 3339 in UTC."""

    seq: int
    time: str
    type: str
    workstream: str | None
    task: str | None
    attempt: int | None
    turn: int | None
    data: Data


def encode(event: Event) -> str:
    """Return the journal line of ``event``, without a line end."""
    seq, time, type_, workstream, task, attempt, turn, data = event
    return _ENCODER.encode(
        {
            "seq": seq,
            "time": time,
            "type": type_,
            "workstream": workstream,
            "task": task,
            "attempt": attempt,
            "turn": turn,
            "data": data if type(data) is dict else dict(data),
        }
    )


def decode(line: str | bytes) -> Event:
    """Return the event of a journal line; ValueError where the line is none."""
    return events_of([json.loads(line)])[0]


def events_of(records: Sequence[Any]) -> list[Event]:
    """Return the events of decoded journal lines; ValueError where one of them is none.

    FormatError for an event of an unknown type.
    """
    try:
        # By name, one after the other: this is done for each line of long journals.
        events = [
            Event(
                r["seq"],
                r["time"],
                r["type"],
                r["workstream"],
                r["task"],
                r["attempt"],
                r["turn"],
                r["data"],
            )
            for r in records
        ]
        is_whole = all(len(record) == len(Event._fields) for record in records)
        unknown = {event.type for event in events} - TYPES
    except (KeyError, TypeError) as error:
        raise ValueError("not a journal line") from error
    if not is_whole:
        raise ValueError("not a journal line")
    if unknown:
        message = f"the journal has an event of the unknown type {next(iter(unknown))!r}"
        raise FormatError(message, hint="it was written by a newer agentrelay: upgrade")
    return events
