"""Opens, edits, closes and reopens change requests, as strictly as GitHub."""

from __future__ import annotations

from dataclasses import dataclass

from tests.emulator.core.hub import Actor, checked_body
from tests.emulator.core.model import ChangeRequest, Repository, State
from tests.emulator.core.refusal import RefusalError, Why


@dataclass(frozen=True)
class Proposal:
    """What a change request is to be."""

    title: str
    body: str | None
    head: str
    base: str
    draft: bool = False


@dataclass(frozen=True)
class Edit:
    """What is to change of a change request; None leaves it."""

    title: str | None = None
    body: str | None = None
    base: str | None = None


def open_request(by: Actor, proposal: Proposal) -> ChangeRequest:
    """Open a change request."""
    repository = by.repository
    if not proposal.title.strip():
        raise RefusalError(Why.INVALID, "title can't be blank", "title")
    body = checked_body(proposal.body)
    heads = repository.bare.heads()
    branch = branch_of(repository, proposal.head)
    if branch not in heads:
        raise RefusalError(Why.BAD_HEAD, "Head sha can't be blank", "head")
    _require_base(heads, proposal.base)
    _require_single(repository, branch, proposal.base)
    _require_commits(repository, heads, branch, proposal.base)
    now = by.hub.clock()
    number = repository.next_number
    request = ChangeRequest(
        id=by.hub.next_id(),
        number=number,
        title=proposal.title,
        body=body,
        author=by.user,
        created=now,
        updated=now,
        head_branch=branch,
        base_branch=proposal.base,
        head=heads[branch],
        base=heads[proposal.base],
        draft=proposal.draft,
    )
    repository.items[number] = request
    repository.bare.publish(number, request.head)
    by.note("opened", request)
    return request


def edit(by: Actor, request: ChangeRequest, wanted: Edit) -> None:
    """Change title, body or base branch."""
    if wanted.title is not None:
        if not wanted.title.strip():
            raise RefusalError(Why.INVALID, "title can't be blank", "title")
        request.title = wanted.title
    if wanted.body is not None:
        request.body = checked_body(wanted.body)
    if wanted.base is not None and wanted.base != request.base_branch:
        _rebase_request(by.repository, request, wanted.base)
    by.note("edited", request)


def close(by: Actor, request: ChangeRequest) -> None:
    """Close an open change request; one that is closed stays so."""
    if request.state is State.OPEN:
        request.auto_merge = request.queued = None
        by.set_state(request, State.CLOSED)


def reopen(by: Actor, request: ChangeRequest) -> None:
    """Open a closed change request again, at what its branch is at now."""
    if request.state is State.OPEN:
        return
    if request.state is State.MERGED:
        raise RefusalError(
            Why.MERGED, "state cannot be changed. The pull request is merged.", "state"
        )
    repository = by.repository
    heads = repository.bare.heads()
    for branch in (request.head_branch, request.base_branch):
        if branch not in heads:
            gone = f"state cannot be changed. The {branch} branch has been deleted."
            raise RefusalError(Why.BAD_HEAD, gone, "state")
    _require_single(repository, request.head_branch, request.base_branch)
    _require_commits(repository, heads, request.head_branch, request.base_branch)
    by.set_state(request, State.OPEN)


def set_draft(by: Actor, request: ChangeRequest, *, draft: bool) -> None:
    """Make an open request a draft, or ready for review; one that is so stays so."""
    if request.state is not State.OPEN:
        raise RefusalError(Why.NOT_OPEN, "Pull request is not open")
    if request.draft is draft:
        return
    request.draft = draft
    if draft:
        request.auto_merge = request.queued = None
    by.note("converted_to_draft" if draft else "ready_for_review", request)


def branch_of(repository: Repository, head: str) -> str:
    """Return the branch that ``head`` names: itself, or that of ``owner:branch``.

    A branch of another owner is one of a fork, of which this forge has none.
    """
    owner, colon, branch = head.partition(":")
    if not colon:
        return head
    return branch if owner.lower() == repository.owner.login.lower() else ""


def _rebase_request(repository: Repository, request: ChangeRequest, base: str) -> None:
    heads = repository.bare.heads()
    if request.state is not State.OPEN:
        message = "Cannot change the base branch of a closed pull request."
        raise RefusalError(Why.NOT_OPEN, message, "base")
    _require_base(heads, base)
    _require_single(repository, request.head_branch, base)
    _require_commits(repository, heads, request.head_branch, base)
    request.base_branch, request.base = base, heads[base]


def _require_base(heads: dict[str, str], base: str) -> None:
    if base not in heads:
        raise RefusalError(Why.BAD_BASE, "Base ref must be a branch", "base")


def _require_single(repository: Repository, head: str, base: str) -> None:
    same = (request for request in repository.requests if request.state is State.OPEN)
    if any((each.head_branch, each.base_branch) == (head, base) for each in same):
        name = f"{repository.owner.login}:{head}"
        raise RefusalError(Why.DUPLICATE, f"A pull request already exists for {name}.")


def _require_commits(repository: Repository, heads: dict[str, str], head: str, base: str) -> None:
    if not repository.bare.between(heads[base], heads[head]):
        raise RefusalError(Why.NO_COMMITS, f"No commits between {base} and {head}")
