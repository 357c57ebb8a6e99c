"""A change request: a proposal to merge one branch into another, on whatever forge."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ChangeRequestStatus(Enum):
    """Where a change request is."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


@dataclass(frozen=True)
class Approval:
    """A recorded decision bound to exact content; all but ``by`` and ``time`` are object ids."""

    by: str
    time: str
    head: str
    merge_base: str
    target_tip: str
    tree: str


@dataclass(frozen=True)
class ChangeRequest:
    """A change request as the forge knows it now. ``number`` is the forge's, ``id`` is ours.

    ``url`` is how people name it (``local#7`` on the local forge). ``head`` is the object id that
    the head branch had when it was opened or last updated; ``merge_commit`` is set once merged, and
    stays where the merge was taken back, which closes the request.
    """

    number: int
    id: str
    url: str
    title: str
    body: str
    head_branch: str
    base_branch: str
    head: str
    status: ChangeRequestStatus
    created: str
    updated: str
    author: str = ""
    merge_commit: str | None = None
    approvals: tuple[Approval, ...] = ()
