"""A change request as programs read it."""

from __future__ import annotations

from dataclasses import dataclass

from agentrelay.forge.core.change_request import Approval, ChangeRequest


@dataclass(frozen=True)
class RequestView:
    """A change request of any forge; ``status`` is open, merged or closed."""

    schema: int
    number: int
    url: str
    status: str
    title: str
    body: str
    head_branch: str
    base_branch: str
    head: str
    merge_commit: str | None
    author: str
    created: str
    updated: str
    approvals: tuple[Approval, ...]


def request_view(request: ChangeRequest) -> RequestView:
    """Return the view of a change request."""
    return RequestView(
        schema=1,
        number=request.number,
        url=request.url,
        status=request.status.value,
        title=request.title,
        body=request.body,
        head_branch=request.head_branch,
        base_branch=request.base_branch,
        head=request.head,
        merge_commit=request.merge_commit,
        author=request.author,
        created=request.created,
        updated=request.updated,
        approvals=request.approvals,
    )
