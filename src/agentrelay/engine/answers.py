"""The answers to what people ask for: granted or refused, in a sentence that they are shown."""

from __future__ import annotations

from agentrelay.journal.event import REQUEST_ANSWERED, Draft, Event


def granted(request: Event, text: str) -> Draft:
    """Return the answer that a request is carried out."""
    return _answer(request, text, granted=True)


def refused(request: Event, text: str) -> Draft:
    """Return the answer that a request is not carried out, and why."""
    return _answer(request, text, granted=False)


def _answer(request: Event, text: str, *, granted: bool) -> Draft:
    data = {"id": request.data["id"], "granted": granted, "text": text}
    return Draft(REQUEST_ANSWERED, request.workstream, request.task, data=data)
