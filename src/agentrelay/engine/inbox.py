"""Requests: how other commands tell the one writer of a graph what people want.

A request is a file in the graph's inbox, published whole; the wake-up FIFO is a hint that it is
there. The writer records it in the journal, removes the file, and publishes an answer beside it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from agentrelay._shared.atomic import publish
from agentrelay._shared.wake import ring

ANSWER = ".answer.json"


@dataclass(frozen=True)
class Request:
    """What a person asks for. ``id`` is a ULID; ``approval`` is what an approval is bound to."""

    id: str
    verb: str
    by: str
    workstream: str | None = None
    task: str | None = None
    text: str = ""
    approval: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Answer:
    """What became of a request."""

    granted: bool
    text: str


def send(inbox: Path, wake: Path, request: Request) -> None:
    """Publish a request and wake the holder of the graph's lock, if there is one."""
    publish(inbox / f"{request.id}.json", json.dumps(asdict(request)))
    ring(wake)


def waiting(inbox: Path) -> list[Request]:
    """Return the requests that lie in the inbox, oldest first; what is no request is left out."""
    try:
        names = sorted(os.listdir(inbox))
    except FileNotFoundError:
        return []
    found: list[Request] = []
    for name in names:
        if name.endswith(".json") and not name.endswith(ANSWER) and not name.startswith("."):
            with suppress(OSError, ValueError, TypeError, AttributeError, RecursionError):
                found.append(_request_of(inbox / name))
    return found


def _request_of(path: Path) -> Request:
    """Return the request in a file; ValueError or TypeError where it is none of that name.

    Any program of the user may write here, so nothing of it is taken on trust.
    """
    request = Request(**json.loads(path.read_bytes()))
    names = (request.workstream, request.task)
    texts = [request.id, request.verb, request.by, request.text, *filter(None, names)]
    texts += [*request.approval, *request.approval.values()]
    if request.id != path.stem or not all(type(text) is str for text in texts):
        message = f"{path} is no request"
        raise ValueError(message)
    return request


def remove(inbox: Path, request_id: str) -> None:
    """Remove a request that is in the journal now."""
    with suppress(FileNotFoundError):
        (inbox / f"{request_id}.json").unlink()


def publish_answer(inbox: Path, request_id: str, answer: Answer) -> None:
    """Publish what became of a request."""
    publish(inbox / f"{request_id}{ANSWER}", json.dumps(asdict(answer)))


def take_answer(inbox: Path, request_id: str) -> Answer | None:
    """Return the answer to a request and remove it, or None where there is none yet."""
    path = inbox / f"{request_id}{ANSWER}"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    path.unlink()
    return Answer(**json.loads(content))
