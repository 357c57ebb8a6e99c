"""How a change request of the local forge is written into a commit message, and read back.

An event is a commit whose message is a subject for people and one JSON object: ``version``,
``event`` and ``state``, the whole request after the event. The number is the ref's name and is not
in it, so that a request can travel and be numbered anew.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from agentrelay.errors import ForgeError, FormatError
from agentrelay.forge.core.change_request import Approval, ChangeRequest, ChangeRequestStatus
from agentrelay.gitio.refs import FULL_OID

VERSION = 1


@dataclass(frozen=True)
class Event:
    """What happened to a request.

    ``kind`` is ``opened``, ``updated``, ``approved``, ``merged``, ``closed``, ``remarked``, or
    ``taken_back``, which closes one that was merged: its base branch has the merge no more.
    ``count`` is 1 for the first event of a request; ``note`` is a reason or remark, if any.
    """

    kind: str
    time: str
    by: str
    count: int
    note: str = ""


@dataclass(frozen=True)
class Record:
    """A request after an event; ``base_tip`` is where its base branch was when it was opened."""

    event: Event
    request: ChangeRequest
    base_tip: str


def url_of(number: int) -> str:
    """Return how people name a request of the local forge."""
    return f"local#{number}"


def encode(record: Record) -> str:
    """Return the commit message for a record; the same record gives the same text."""
    request = record.request
    state = {name: getattr(request, name) for name in _TEXTS}
    state |= {
        "status": request.status.value,
        "merge_commit": request.merge_commit,
        "approvals": [dataclasses.asdict(approval) for approval in request.approvals],
        "base_tip": record.base_tip,
    }
    content = {"version": VERSION, "event": dataclasses.asdict(record.event), "state": state}
    title = "".join(c if c.isprintable() else " " for c in request.title)[:_SUBJECT_LIMIT]
    subject = f"{request.url} {record.event.kind}: {title}".rstrip()
    return f"{subject}\n\n{json.dumps(content, sort_keys=True)}\n"


def decode(number: int, message: str) -> Record:
    """Return the record in a message made by ``encode``.

    FormatError where a newer version wrote it, ForgeError where it is no request of ours.
    """
    try:
        content = _mapping(json.loads(message.partition("\n\n")[2]))
        version = content["version"]
        if isinstance(version, int) and version > VERSION:
            raise FormatError(
                f"{url_of(number)} has format {version}, this version reads up to {VERSION}",
                hint="use the newer agentrelay that wrote it",
            )
        return _record(number, content)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        message = f"the ref of {url_of(number)} holds no change request that agentrelay wrote"
        raise ForgeError(message) from error


_SUBJECT_LIMIT = 120

_TEXTS = (
    "id",
    "title",
    "body",
    "head_branch",
    "base_branch",
    "head",
    "created",
    "updated",
    "author",
)
"""The fields of a request that are text and stored as they are."""


def _record(number: int, content: Mapping[str, object]) -> Record:
    event, state = _mapping(content["event"]), _mapping(content["state"])
    count, approvals = event["count"], state["approvals"]
    merge_commit = None if state["merge_commit"] is None else _text(state, "merge_commit")
    if not isinstance(count, int) or not isinstance(approvals, list):
        raise TypeError("count is a number, approvals are a list")
    texts = {name: _text(state, name) for name in _TEXTS}
    request = ChangeRequest(
        number=number,
        url=url_of(number),
        status=ChangeRequestStatus(_text(state, "status")),
        merge_commit=merge_commit,
        approvals=tuple(_approval(_mapping(item)) for item in cast("list[object]", approvals)),
        **texts,
    )
    base_tip = _text(state, "base_tip")
    if not all(
        FULL_OID.fullmatch(oid) for oid in (request.head, base_tip, merge_commit or base_tip)
    ):
        raise ValueError("head, merge_commit and base_tip are full object ids")
    told = {name: _text(event, name) for name in ("kind", "time", "by", "note")}
    return Record(Event(count=count, **told), request, base_tip)


def _approval(fields: Mapping[str, object]) -> Approval:
    names = (field.name for field in dataclasses.fields(Approval))
    return Approval(**{name: _text(fields, name) for name in names})


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("a JSON object is needed")
    return cast("dict[str, object]", value)


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value
