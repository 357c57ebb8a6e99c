"""The local forge: change requests as refs of the repository itself, no server and no account.

Who may write: any number of processes; each write is one compare-and-swap of a request's ref, and
starts over where somebody else was faster. Whether a merge happened is told by the base branch's
ancestry, never by the request's ref.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from agentrelay._shared import locks
from agentrelay.errors import ForgeError, RefMovedError, UnknownNameError
from agentrelay.forge.core.change_request import Approval, ChangeRequest, ChangeRequestStatus
from agentrelay.forge.core.forge import MergePlan, MergeResult, Proposal
from agentrelay.forge.implementations.local_merge import LocalMerge
from agentrelay.forge.implementations.local_record import Event, Record, url_of
from agentrelay.forge.implementations.local_store import Listing, LocalStore, Stored
from agentrelay.gitio.command import Git
from agentrelay.gitio.refs import is_ancestor, resolve, update_refs

TRIES = 40
"""How often a write starts over because another process wrote meanwhile."""

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """One event of a request's history; ``head`` is its head then, ``note`` a reason if given."""

    kind: str
    time: str
    by: str
    note: str
    head: str
    commit: str


class LocalForge:
    """Change requests under ``refs/agentrelay/pr/``; implements ``Forge``."""

    def __init__(self, git: Git, common_dir: Path) -> None:
        """Use the repository in whose main worktree ``git`` runs and whose data is there."""
        self._git = git
        self._common_dir = common_dir
        self._store = LocalStore(git)

    def find(self, head_branch: str, base_branch: str) -> ChangeRequest | None:
        """Return the newest request of that pair, whatever its status, or None."""
        pair = (head_branch, base_branch)
        return next((r for r in self.list() if (r.head_branch, r.base_branch) == pair), None)

    def show(self, number: int) -> ChangeRequest | None:
        """Return the request of that number, or None.

        FormatError where a newer version wrote it, ForgeError where it is none of ours.
        """
        stored = self._store.read(number)
        return stored.record.request if stored else None

    def list(self, status: ChangeRequestStatus | None = None) -> list[ChangeRequest]:
        """Return the requests, newest first; of one status where that is given."""
        requests = [stored.record.request for stored in self._store.list().requests]
        return [request for request in requests if status in (None, request.status)]

    def diff(self, number: int, *, stat: bool = False) -> str:
        """Return what the request changes, against the merge base, as git prints it."""
        record = self._require(number).record
        request = record.request
        base = resolve(self._git, f"refs/heads/{request.base_branch}") or record.base_tip
        if request.merge_commit:
            base = f"{request.merge_commit}^1"
        what = ("--stat",) if stat else ()
        sides = f"{base}...{request.head}"
        output = self._git.run("diff", "--no-color", "--no-ext-diff", *what, sides, "--")
        return output.stdout.decode("utf-8", "replace")

    def history(self, number: int) -> tuple[Entry, ...]:
        """Return what happened to the request, oldest first; UnknownNameError where it is none."""
        self._require(number)
        return tuple(
            Entry(
                kind=record.event.kind,
                time=record.event.time,
                by=record.event.by,
                note=record.event.note,
                head=record.request.head,
                commit=commit,
            )
            for commit, record in self._store.events(number)
        )

    def ensure(self, proposal: Proposal) -> ChangeRequest:
        """Return the open request for the proposal's branches, made or brought up to date.

        A request of the proposal's own id that is merged or closed is returned as it is.
        """
        # Those who number new requests at once would only make each other start over.
        with locks.held(self._common_dir / "agentrelay" / "numbering.lock"):
            return _until_written(lambda: self._ensure(proposal))

    def approve(self, number: int, approval: Approval) -> ChangeRequest:
        """Record ``approval``; the same person's of the same content twice is one.

        ForgeError where the request is not open.
        """

        def attempt() -> ChangeRequest:
            stored = self._require(number)
            request = stored.record.request
            if any(replace(known, time=approval.time) == approval for known in request.approvals):
                return request
            _require_open(request)
            approvals = (*request.approvals, approval)
            changed = replace(request, approvals=approvals, updated=approval.time)
            return self._write(stored, changed, kind="approved", by=approval.by)

        return _until_written(attempt)

    def merge(self, number: int, plan: MergePlan) -> MergeResult:
        """Move the base branch to the plan's commit and mark the request merged, as one act.

        Where the base branch is checked out, it is first brought along there; a crash in between
        is mended by calling again. ForgeError where the plan is no merge of the request, or the
        request is closed.
        """
        merging = LocalMerge(self._git, self._common_dir, self._store, number, plan)
        return _until_written(merging.attempt)

    def close(self, number: int, *, reason: str, time: str, by: str = "") -> ChangeRequest:
        """Close the request without merging; closed already is success, merged is ForgeError."""

        def attempt() -> ChangeRequest:
            stored = self._require(number)
            request = stored.record.request
            if request.status is ChangeRequestStatus.CLOSED:
                return request
            _require_open(request)
            changed = replace(request, status=ChangeRequestStatus.CLOSED, updated=time)
            return self._write(stored, changed, kind="closed", by=by, note=reason)

        return _until_written(attempt)

    def take_back(self, number: int, *, reason: str, time: str, by: str = "") -> ChangeRequest:
        """Close a merged request whose merge the base branch has no more: it was taken back.

        Closed already is success. ForgeError where the base branch has the merge, or the request
        is open.
        """

        def attempt() -> ChangeRequest:
            stored = self._require(number)
            request = stored.record.request
            if request.status is ChangeRequestStatus.CLOSED:
                return request
            self._require_lost(request)
            changed = replace(request, status=ChangeRequestStatus.CLOSED, updated=time)
            return self._write(stored, changed, kind="taken_back", by=by, note=reason)

        return _until_written(attempt)

    def remark(self, number: int, *, text: str, time: str, by: str = "") -> ChangeRequest:
        """Note something about a request, whatever its status; the same text twice is one."""

        def attempt() -> ChangeRequest:
            stored = self._require(number)
            request = stored.record.request
            known = (record.event for _, record in self._store.events(number))
            if any((event.kind, event.note) == ("remarked", text) for event in known):
                return request
            changed = replace(request, updated=time)
            return self._write(stored, changed, kind="remarked", by=by, note=text)

        return _until_written(attempt)

    def _require_lost(self, request: ChangeRequest) -> None:
        """Raise ForgeError unless the request was merged, and its base has the merge no more."""
        if request.merge_commit is None:
            raise ForgeError(f"{request.url} was not merged")
        tip = resolve(self._git, f"refs/heads/{request.base_branch}")
        if tip is not None and is_ancestor(self._git, request.merge_commit, tip):
            raise ForgeError(f"{request.base_branch} still has the merge of {request.url}")

    def _require(self, number: int) -> Stored:
        stored = self._store.read(number)
        if stored is None:
            raise UnknownNameError(f"there is no change request {url_of(number)}")
        return stored

    def _ensure(self, proposal: Proposal) -> ChangeRequest:
        listing = self._store.list(proposal.base_branch)
        stored = _match(listing, proposal)
        if stored is None:
            return self._open(listing, proposal)
        request = stored.record.request
        changed = replace(request, title=proposal.title, body=proposal.body, head=proposal.head)
        if request.status is not ChangeRequestStatus.OPEN or changed == request:
            return request
        changed = replace(changed, updated=proposal.time)
        return self._write(stored, changed, kind="updated", by=proposal.author)

    def _open(self, listing: Listing, proposal: Proposal) -> ChangeRequest:
        if listing.branch_tip is None:
            raise ForgeError(f"the base branch {proposal.base_branch!r} does not exist")
        request = ChangeRequest(
            number=listing.free_number,
            id=proposal.id,
            url=url_of(listing.free_number),
            title=proposal.title,
            body=proposal.body,
            head_branch=proposal.head_branch,
            base_branch=proposal.base_branch,
            head=proposal.head,
            status=ChangeRequestStatus.OPEN,
            created=proposal.time,
            updated=proposal.time,
            author=proposal.author,
        )
        event = Event("opened", proposal.time, proposal.author, 1)
        update = self._store.append(None, Record(event, request, listing.branch_tip))
        update_refs(self._git, [update], reason=f"{request.url}: opened")
        return request

    def _write(
        self, previous: Stored, request: ChangeRequest, *, kind: str, by: str, note: str = ""
    ) -> ChangeRequest:
        count = previous.record.event.count + 1
        event = Event(kind, request.updated, by, count, note)
        update = self._store.append(
            previous, replace(previous.record, event=event, request=request)
        )
        update_refs(self._git, [update], reason=f"{request.url}: {kind}")
        return request


def _match(listing: Listing, proposal: Proposal) -> Stored | None:
    """Return the request of the proposal's id, else the open one of its branches."""
    pair = (proposal.head_branch, proposal.base_branch)
    open_pair: Stored | None = None
    for stored in listing.requests:
        request = stored.record.request
        if request.id == proposal.id:
            return stored
        is_open = request.status is ChangeRequestStatus.OPEN
        if is_open and (request.head_branch, request.base_branch) == pair:
            open_pair = open_pair or stored
    return open_pair


def _require_open(request: ChangeRequest) -> None:
    if request.status is not ChangeRequestStatus.OPEN:
        raise ForgeError(f"{request.url} is {request.status.value}")


def _until_written(attempt: Callable[[], T]) -> T:
    for _ in range(TRIES):
        try:
            return attempt()
        except RefMovedError:
            time.sleep(random.uniform(0, 0.05))  # noqa: S311 - jitter
    raise ForgeError("other processes kept changing the change requests", transient=True)
