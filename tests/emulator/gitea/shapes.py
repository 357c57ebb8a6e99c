"""What Gitea's API shows of repositories, pull requests, issues and people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.emulator.core.model import (
    ChangeRequest,
    Comment,
    Issue,
    Label,
    Method,
    Repository,
    Review,
    State,
    Thread,
    User,
    Verdict,
)
from tests.emulator.core.reviewing import is_outdated
from tests.emulator.core.standing import mergeability
from tests.emulator.gitea.call import Call

VERDICTS = {
    Verdict.APPROVED: "APPROVED",
    Verdict.CHANGES_REQUESTED: "REQUEST_CHANGES",
    Verdict.COMMENTED: "COMMENT",
    Verdict.PENDING: "PENDING",
    Verdict.DISMISSED: "APPROVED",
}


def time(moment: datetime | None) -> str | None:
    """Return a moment as Gitea writes it."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def user(of: User, call: Call) -> dict[str, Any]:
    """Return an account."""
    return {
        "id": of.id,
        "login": of.login,
        "username": of.login,
        "full_name": "",
        "email": f"{of.login}@noreply.localhost",
        "html_url": f"{call.root}/{of.login}",
    }


def maybe_user(of: User | None, call: Call) -> dict[str, Any] | None:
    """Return an account where there is one."""
    return None if of is None else user(of, call)


def label(of: Label) -> dict[str, Any]:
    """Return a label."""
    return {
        "id": of.id,
        "name": of.name,
        "color": of.color,
        "description": of.description,
        "exclusive": False,
    }


def repository(of: Repository, call: Call) -> dict[str, Any]:
    """Return a repository."""
    return {
        "id": of.id,
        "name": of.name,
        "full_name": of.slug,
        "owner": user(of.owner, call),
        "html_url": f"{call.root}/{of.slug}",
        "clone_url": f"{call.root}/{of.slug}.git",
        "default_branch": of.default_branch,
        "private": False,
        "fork": False,
        "archived": False,
        "permissions": {"admin": True, "push": True, "pull": True},
        "allow_merge_commits": Method.MERGE in of.methods,
        "allow_squash_merge": Method.SQUASH in of.methods,
        "allow_rebase": Method.REBASE in of.methods,
    }


def issue(of: Issue, call: Call) -> dict[str, Any]:
    """Return an issue; a pull request is one, too."""
    shown: dict[str, Any] = {
        **_common(of, call),
        "url": f"{call.api}/issues/{of.number}",
        "html_url": f"{call.web_url}/issues/{of.number}",
        "pull_request": None,
    }
    if isinstance(of, ChangeRequest):
        shown["html_url"] = f"{call.web_url}/pulls/{of.number}"
        merged = {"merged": of.state is State.MERGED, "merged_at": time(of.merged)}
        shown["pull_request"] = {**merged, "draft": of.draft, "html_url": shown["html_url"]}
    return shown


def pull(of: ChangeRequest, call: Call) -> dict[str, Any]:
    """Return a pull request. A draft is never mergeable, nor is one that is not open."""
    page = f"{call.web_url}/pulls/{of.number}"
    return {
        **_common(of, call),
        "url": page,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "draft": of.draft,
        "mergeable": mergeability(call.repository, of) is True and not of.draft,
        "merged": of.state is State.MERGED,
        "merged_at": time(of.merged),
        "merge_commit_sha": of.merge_commit,
        "merged_by": maybe_user(of.merged_by, call),
        "base": _side(of.base_branch, of.base, call),
        "head": _side(of.head_branch, of.head, call),
        "merge_base": call.repository.bare.merge_base(of.base, of.head),
        "requested_reviewers": [user(each, call) for each in of.reviewers],
    }


def comment(of: Comment, on: Issue, call: Call) -> dict[str, Any]:
    """Return a comment."""
    is_pull = isinstance(on, ChangeRequest)
    page = f"{call.web_url}/{'pulls' if is_pull else 'issues'}/{on.number}"
    return {
        "id": of.id,
        "body": of.body,
        "user": user(of.author, call),
        "html_url": f"{page}#issuecomment-{of.id}",
        "issue_url": "" if is_pull else page,
        "pull_request_url": page if is_pull else "",
        "created_at": time(of.created),
        "updated_at": time(of.updated),
    }


def review(of: Review, call: Call) -> dict[str, Any]:
    """Return a review."""
    request = call.change_request
    count = sum(each.review == of.id for thread in request.threads for each in thread.remarks)
    page = f"{call.web_url}/pulls/{request.number}"
    return {
        "id": of.id,
        "user": user(of.author, call),
        "team": None,
        "state": VERDICTS[of.verdict],
        "body": of.body,
        "commit_id": of.commit,
        "stale": of.commit != request.head,
        "official": of.author in call.repository.collaborators,
        "dismissed": of.verdict is Verdict.DISMISSED,
        "comments_count": count,
        "submitted_at": time(of.submitted),
        "html_url": f"{page}#issuecomment-{of.id}",
        "pull_request_url": page,
    }


def remark(of: Comment, inside: Thread, review_id: int, call: Call) -> dict[str, Any]:
    """Return a comment about a line; ``position`` is 0 where the file has changed since."""
    request = call.change_request
    outdated = is_outdated(call.repository, request, inside)
    page = f"{call.web_url}/pulls/{request.number}"
    is_old = inside.side == "LEFT"
    return {
        "id": of.id,
        "body": of.body,
        "user": user(of.author, call),
        "resolver": maybe_user(inside.resolved_by, call),
        "pull_request_review_id": review_id,
        "path": inside.path,
        "commit_id": inside.commit,
        "original_commit_id": inside.commit,
        "position": 0 if outdated or is_old else inside.line,
        "original_position": inside.line if is_old else 0,
        "diff_hunk": "",
        "created_at": time(of.created),
        "updated_at": time(of.updated),
        "html_url": f"{page}#issuecomment-{of.id}",
        "pull_request_url": page,
    }


def _common(of: Issue, call: Call) -> dict[str, Any]:
    return {
        "id": of.id,
        "number": of.number,
        "title": of.title,
        "body": of.body,
        "state": "open" if of.state is State.OPEN else "closed",
        "is_locked": False,
        "user": user(of.author, call),
        "labels": [label(each) for each in of.labels],
        "assignee": maybe_user(next(iter(of.assignees), None), call),
        "assignees": [user(each, call) for each in of.assignees],
        "milestone": None,
        "comments": len(of.comments),
        "created_at": time(of.created),
        "updated_at": time(of.updated),
        "closed_at": time(of.closed),
        "due_date": None,
    }


def _side(branch: str, sha: str, call: Call) -> dict[str, Any]:
    return {
        "label": branch,
        "ref": branch,
        "sha": sha,
        "repo_id": call.repository.id,
        "repo": repository(call.repository, call),
    }
