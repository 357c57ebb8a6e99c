"""What the agents of turns under way ask people, and what they were answered, as facts."""

from __future__ import annotations

from agentrelay.engine.snapshot import Snapshot, TaskState
from agentrelay.journal.event import Data, Event


def asked(s: Snapshot, event: Event) -> None:
    """Keep a question until it has its answer, or its turn has ended."""
    s.moment = event.time
    facts = {name: event.data[name] for name in ("text", "about", "until")}
    s.tasks[event.task or ""].questions[event.data["question"]] = facts


def closed(s: Snapshot, event: Event) -> None:
    """Forget a question that has an answer."""
    s.moment = event.time
    s.tasks[event.task or ""].questions.pop(event.data["question"], None)


def answered(s: Snapshot, task: TaskState, intent: Event, result: Data) -> None:
    """Forget a question that a person has answered, and keep an answer that was given for good."""
    if (task.attempt, task.turn) == (intent.attempt, intent.turn):
        task.questions.pop(intent.data["question"], None)
    if result["counts"] and intent.data["always"]:
        task.settled[result["about"]] = intent.data["allowed"]
    _tell(s, intent, {"counts": result["counts"], "text": result["text"]})


def failed(s: Snapshot, intent: Event, reason: str) -> None:
    """Note that a person's answer could not be handed over; the question stays open."""
    _tell(s, intent, {"refused": reason})


def _tell(s: Snapshot, intent: Event, outcome: Data) -> None:
    if intent.data["request"] in s.requests:
        s.outcomes[intent.data["request"]] = dict(outcome)
