"""What GitHub's REST API shows of repositories, issues and change requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.emulator.core.bare import Commit
from tests.emulator.core.model import (
    AutoMerge,
    ChangeRequest,
    Check,
    Comment,
    Issue,
    Label,
    Method,
    Repository,
    State,
    User,
)
from tests.emulator.core.standing import merge_state, mergeability
from tests.emulator.github.ids import node_id
from tests.emulator.github.links import Links


def time(moment: datetime | None) -> str | None:
    """Return a moment as GitHub writes it."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def user(of: User, links: Links) -> dict[str, Any]:
    """Return an account."""
    return {
        "login": of.login,
        "id": of.id,
        "node_id": node_id("U", of.id),
        "type": "User",
        "site_admin": False,
        "url": f"{links.api}/users/{of.login}",
        "html_url": f"{links.html}/{of.login}",
    }


def label(of: Label) -> dict[str, Any]:
    """Return a label."""
    return {
        "id": of.id,
        "node_id": node_id("LA", of.id),
        "name": of.name,
        "color": of.color,
        "description": of.description,
        "default": False,
    }


def repository(of: Repository, links: Links) -> dict[str, Any]:
    """Return a repository."""
    return {
        "id": of.id,
        "node_id": node_id("R", of.id),
        "name": of.name,
        "full_name": of.slug,
        "owner": user(of.owner, links),
        "private": False,
        "fork": False,
        "archived": False,
        "url": links.repository(of),
        "html_url": links.page(of),
        "clone_url": f"{links.page(of)}.git",
        "default_branch": of.default_branch,
        "has_issues": True,
        "permissions": {
            "admin": True,
            "maintain": True,
            "push": True,
            "triage": True,
            "pull": True,
        },
        "allow_merge_commit": Method.MERGE in of.methods,
        "allow_squash_merge": Method.SQUASH in of.methods,
        "allow_rebase_merge": Method.REBASE in of.methods,
        "allow_auto_merge": of.auto_merge,
        "delete_branch_on_merge": of.delete_merged,
        "created_at": time(of.created),
    }


def comment(of: Comment, on: Issue, repo: Repository, links: Links) -> dict[str, Any]:
    """Return a comment on an issue or change request."""
    return {
        "id": of.id,
        "node_id": node_id("IC", of.id),
        "url": f"{links.repository(repo)}/issues/comments/{of.id}",
        "html_url": f"{links.item(repo, on)}#issuecomment-{of.id}",
        "issue_url": f"{links.repository(repo)}/issues/{on.number}",
        "user": user(of.author, links),
        "body": of.body,
        "author_association": "OWNER" if of.author == repo.owner else "CONTRIBUTOR",
        "created_at": time(of.created),
        "updated_at": time(of.updated),
    }


def issue(of: Issue, repo: Repository, links: Links) -> dict[str, Any]:
    """Return an issue; a change request is shown as one, too."""
    url = f"{links.repository(repo)}/issues/{of.number}"
    shown: dict[str, Any] = {
        **_common(of, links),
        "url": url,
        "html_url": links.item(repo, of),
        "comments_url": f"{url}/comments",
        "comments": len(of.comments),
        "state_reason": None if of.state is State.OPEN else "completed",
    }
    if isinstance(of, ChangeRequest):
        api = f"{links.repository(repo)}/pulls/{of.number}"
        shown["draft"] = of.draft
        shown["pull_request"] = {
            "url": api,
            "html_url": links.item(repo, of),
            "merged_at": time(of.merged),
        }
    return shown


def pull(of: ChangeRequest, repo: Repository, links: Links) -> dict[str, Any]:
    """Return a change request as it is listed."""
    url = f"{links.repository(repo)}/pulls/{of.number}"
    page = links.item(repo, of)
    return {
        **_common(of, links),
        "node_id": node_id("PR", of.id),
        "url": url,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": f"{links.repository(repo)}/issues/{of.number}",
        "draft": of.draft,
        "merged_at": time(of.merged),
        "merge_commit_sha": of.merge_commit,
        "auto_merge": _auto_merge(of.auto_merge, links),
        "requested_reviewers": [user(each, links) for each in of.reviewers],
        "requested_teams": [],
        "head": _side(of.head_branch, of.head, repo, links),
        "base": _side(of.base_branch, of.base, repo, links),
    }


def whole_pull(of: ChangeRequest, repo: Repository, links: Links) -> dict[str, Any]:
    """Return a change request as it is shown by itself."""
    files = repo.bare.changed_files(of.base, of.head)
    state, mergeable = merge_state(repo, of), mergeability(repo, of)
    return {
        **pull(of, repo, links),
        "merged": of.state is State.MERGED,
        "merged_by": None if of.merged_by is None else user(of.merged_by, links),
        "mergeable": mergeable,
        "mergeable_state": state.value,
        "rebaseable": mergeable,
        "comments": len(of.comments),
        "review_comments": sum(len(thread.remarks) for thread in of.threads),
        "commits": len(repo.bare.between(of.base, of.head)),
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "changed_files": len(files),
        "maintainer_can_modify": False,
    }


def check_page(of: Check, repo: Repository, links: Links) -> str:
    """Return the page of a check: that of its job, unless its own program said another."""
    return of.url or f"{links.page(repo)}/actions/runs/{of.suite}/job/{of.id}"


def commit(of: Commit) -> dict[str, Any]:
    """Return a commit."""
    person = {"name": of.name, "email": of.email, "date": time(of.date)}
    inner = {"message": of.message, "author": person, "committer": person, "tree": {"sha": of.tree}}
    parents = [{"sha": parent} for parent in of.parents]
    return {"sha": of.sha, "commit": inner, "author": None, "committer": None, "parents": parents}


def _common(of: Issue, links: Links) -> dict[str, Any]:
    return {
        "id": of.id,
        "node_id": node_id("I", of.id),
        "number": of.number,
        "title": of.title,
        "body": of.body or None,
        "state": "open" if of.state is State.OPEN else "closed",
        "locked": False,
        "user": user(of.author, links),
        "labels": [label(each) for each in of.labels],
        "assignees": [user(each, links) for each in of.assignees],
        "milestone": None,
        "created_at": time(of.created),
        "updated_at": time(of.updated),
        "closed_at": time(of.closed),
    }


def _side(branch: str, sha: str, repo: Repository, links: Links) -> dict[str, Any]:
    return {
        "label": f"{repo.owner.login}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": user(repo.owner, links),
        "repo": repository(repo, links),
    }


def _auto_merge(of: AutoMerge | None, links: Links) -> dict[str, Any] | None:
    if of is None:
        return None
    return {
        "enabled_by": user(of.by, links),
        "merge_method": of.method.value,
        "commit_title": None,
        "commit_message": None,
    }
