"""Merges change requests in the bare repository: by a merge, squashed or rebased."""

from __future__ import annotations

from dataclasses import dataclass

from tests.emulator.core.bare import GONE, MovedError
from tests.emulator.core.hub import Actor
from tests.emulator.core.model import ChangeRequest, Method, Repository, State
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.standing import blockers


@dataclass(frozen=True)
class Merge:
    """How to merge, and the head that is expected."""

    method: Method = Method.MERGE
    head: str | None = None
    title: str | None = None
    message: str | None = None


def merge(by: Actor, request: ChangeRequest, how: Merge) -> str:
    """Merge a change request now; return the commit that its base branch is at then."""
    repository = by.repository
    if request.state is State.OPEN and how.head is not None and how.head != request.head:
        message = "Head branch was modified. Review and try the merge again."
        raise RefusalError(Why.HEAD_MOVED, message)
    for blocker in blockers(repository, request):
        raise blocker
    if repository.protection_of(request.base_branch).queue is not None:
        message = f"Changes must be made through the merge queue of {request.base_branch}."
        raise RefusalError(Why.QUEUED, message)
    if how.method not in repository.methods:
        name = f"{how.method.value.capitalize()} merges"
        raise RefusalError(Why.METHOD, f"{name} are not allowed on this repository.")
    return put_into_base(by, request, how)


def put_into_base(by: Actor, request: ChangeRequest, how: Merge) -> str:
    """Move the base branch to the merge of the request, and mark that merged."""
    repository = by.repository
    ref = f"refs/heads/{request.base_branch}"
    base = repository.bare.resolve(ref) or GONE
    made = _made(repository, request, base, how)
    try:
        repository.bare.move(ref, made, base)
    except MovedError as error:
        message = "Base branch was modified. Review and try the merge again."
        raise RefusalError(Why.BASE_MOVED, message) from error
    mark_merged(by, request, made)
    if repository.delete_merged:
        repository.bare.move(f"refs/heads/{request.head_branch}", GONE, request.head)
    return made


def mark_merged(by: Actor, request: ChangeRequest, commit: str) -> None:
    """Note that the base branch has the change request, by ``commit``."""
    request.merged, request.merged_by, request.merge_commit = by.hub.clock(), by.user, commit
    request.auto_merge = request.queued = None
    by.set_state(request, State.MERGED)


def _made(repository: Repository, request: ChangeRequest, base: str, how: Merge) -> str:
    bare = repository.bare
    if how.method is Method.REBASE:
        picked = bare.picked(bare.between(base, request.head), base)
        if picked is None:
            raise RefusalError(Why.CONFLICT, "This branch can't be rebased")
        return picked
    tree = bare.merged_tree(base, request.head)
    if tree is None:
        raise RefusalError(Why.CONFLICT, "Pull Request is not mergeable")
    parents = [base] if how.method is Method.SQUASH else [base, request.head]
    return bare.write_commit(tree, parents, _message(repository, request, how))


def _message(repository: Repository, request: ChangeRequest, how: Merge) -> str:
    title, body = default_message(repository, request, how.method)
    title = title if how.title is None else how.title
    body = body if how.message is None else how.message
    return f"{title}\n\n{body}".strip() + "\n"


def default_message(
    repository: Repository, request: ChangeRequest, method: Method
) -> tuple[str, str]:
    """Return the first line and the rest of a merge's message, unless others are given."""
    if method is not Method.SQUASH:
        source = f"{repository.owner.login}/{request.head_branch}"
        return f"Merge pull request #{request.number} from {source}", request.title
    bare = repository.bare
    commits = [bare.commit(sha) for sha in bare.between(request.base, request.head)]
    body = "\n\n".join(f"* {commit.message}" for commit in commits)
    return f"{request.title} (#{request.number})", body


def update_branch(by: Actor, request: ChangeRequest, expected: str | None = None) -> None:
    """Merge the base branch into the head branch."""
    if expected not in (None, request.head):
        message = "expected head sha didn't match current head ref."
        raise RefusalError(Why.INVALID, message)
    bare = by.repository.bare
    base = bare.resolve(f"refs/heads/{request.base_branch}") or request.base
    tree = bare.merged_tree(request.head, base)
    if tree is None:
        raise RefusalError(Why.INVALID, "merge conflict between base and head")
    message = f"Merge branch '{request.base_branch}' into {request.head_branch}\n"
    made = bare.write_commit(tree, [request.head, base], message)
    bare.move(f"refs/heads/{request.head_branch}", made, request.head)
