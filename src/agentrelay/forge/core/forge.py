"""The forge protocols: find, open, approve, merge and close change requests.

Every writing method is *ensure*-shaped: it looks first whether the forge already is as wanted, so
that calling it again after a crash does nothing twice. ForgeError where the forge fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agentrelay.forge.core.change_request import Approval, ChangeRequest, ChangeRequestStatus


@dataclass(frozen=True)
class Proposal:
    """What a change request is to be: ``head`` is the object id of ``head_branch``.

    ``time`` (RFC 3339) and ``id`` (a ULID) are given by the caller, so that opening it again after
    a crash gives the same request.
    """

    id: str
    title: str
    body: str
    head_branch: str
    base_branch: str
    head: str
    time: str
    author: str = ""


@dataclass(frozen=True)
class MergePlan:
    """The exact merge that was checked: ``commit`` has ``base_tip`` as its first parent.

    Its second parent is ``head``; with ``forward`` it is ``head`` itself, on top of ``base_tip``.
    """

    commit: str
    base_tip: str
    head: str
    time: str
    by: str = ""
    forward: bool = False


@dataclass(frozen=True)
class Merged:
    """The base branch contains ``commit``; the request is merged."""

    commit: str


@dataclass(frozen=True)
class BaseMoved:
    """The base branch is no longer at the plan's tip, nothing was done; ``tip`` is where it is."""

    tip: str


@dataclass(frozen=True)
class HeadMoved:
    """The request's head is no longer the plan's, nothing was done; ``head`` is where it is."""

    head: str


@dataclass(frozen=True)
class InTheWay:
    """Something of the user's stops the merge; nothing was done. ``why`` names it for people."""

    why: str


MergeResult = Merged | BaseMoved | HeadMoved | InTheWay


class ChangeRequestReader(Protocol):
    """Reads change requests."""

    def find(self, head_branch: str, base_branch: str) -> ChangeRequest | None:
        """Return the newest request of that pair, whatever its status, or None."""
        ...

    def show(self, number: int) -> ChangeRequest | None:
        """Return the request of that number, or None."""
        ...

    def list(self, status: ChangeRequestStatus | None = None) -> list[ChangeRequest]:
        """Return the requests, newest first; of one status where that is given."""
        ...

    def diff(self, number: int, *, stat: bool = False) -> str:
        """Return what the request changes, against the merge base, as git prints it."""
        ...


class ChangeRequestWriter(Protocol):
    """Opens and ends change requests."""

    def ensure(self, proposal: Proposal) -> ChangeRequest:
        """Return the open request for the proposal's branches, made or brought up to date."""
        ...

    def approve(self, number: int, approval: Approval) -> ChangeRequest:
        """Record ``approval``; the same one twice is one."""
        ...

    def merge(self, number: int, plan: MergePlan) -> MergeResult:
        """Move the base branch to the plan's commit and mark the request merged, as one act.

        Already merged with that commit is success.
        """
        ...

    def close(self, number: int, *, reason: str, time: str, by: str = "") -> ChangeRequest:
        """Close the request without merging; closed already is success, merged is ForgeError."""
        ...

    def take_back(self, number: int, *, reason: str, time: str, by: str = "") -> ChangeRequest:
        """Close a merged request whose merge the base branch has no more: it was taken back.

        Closed already is success. ForgeError where the base branch has the merge, or the request
        is open.
        """
        ...

    def remark(self, number: int, *, text: str, time: str, by: str = "") -> ChangeRequest:
        """Note something about a request, whatever its status; the same text twice is one."""
        ...


class Forge(ChangeRequestReader, ChangeRequestWriter, Protocol):
    """A host of change requests."""


class RemoteForge(Forge, Protocol):
    """A host that asks things of its own of a request before it merges it: checks, reviews."""

    def glance(self, head_branch: str, base_branch: str) -> ChangeRequest | None:
        """Return what ``find`` does, or raise ForgeError at once where that would be waited for."""
        ...

    def may_merge(self, number: int) -> bool:
        """Tell whether an open request lacks nothing of that, as far as the host knows now."""
        ...
