"""What GitLab's API shows of projects, merge requests, issues and people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.emulator.core.model import ChangeRequest, Issue, Method, Repository, State, User
from tests.emulator.core.refusal import Why
from tests.emulator.core.standing import (
    MergeState,
    Outcome,
    blockers,
    merge_state,
    mergeability,
    outcomes,
    rollup,
)
from tests.emulator.gitlab.call import Call

STATES = {State.OPEN: "opened", State.CLOSED: "closed", State.MERGED: "merged"}
OUTCOMES = {Outcome.PASSED: "success", Outcome.FAILED: "failed", Outcome.PENDING: "running"}
BLOCKED = {
    Why.DRAFT: "draft_status",
    Why.CONFLICT: "conflict",
    Why.CHECKS: "ci_must_pass",
    Why.APPROVALS: "not_approved",
    Why.CONVERSATIONS: "discussions_not_resolved",
    Why.BEHIND: "need_rebase",
}


def time(moment: datetime | None) -> str | None:
    """Return a moment as GitLab writes it."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def user(of: User, call: Call) -> dict[str, Any]:
    """Return an account."""
    return {
        "id": of.id,
        "username": of.login,
        "name": of.login,
        "state": "active",
        "avatar_url": None,
        "web_url": f"{call.root}/{of.login}",
    }


def maybe_user(of: User | None, call: Call) -> dict[str, Any] | None:
    """Return an account where there is one."""
    return None if of is None else user(of, call)


def project(of: Repository, call: Call) -> dict[str, Any]:
    """Return a project."""
    return {
        "id": of.id,
        "name": of.name,
        "path": of.name,
        "path_with_namespace": of.slug,
        "default_branch": of.default_branch,
        "web_url": f"{call.root}/{of.slug}",
        "http_url_to_repo": f"{call.root}/{of.slug}.git",
        "merge_method": "merge" if Method.MERGE in of.methods else "ff",
        "squash_option": "default_off" if Method.SQUASH in of.methods else "never",
        "only_allow_merge_if_pipeline_succeeds": bool(of.protection_of(of.default_branch).checks),
        "permissions": {"project_access": {"access_level": 40}, "group_access": None},
    }


def issue(of: Issue, call: Call) -> dict[str, Any]:
    """Return an issue."""
    return {
        **_common(of, call),
        "web_url": f"{call.web_url}/-/issues/{of.number}",
        "references": {"short": f"#{of.number}", "full": f"{call.repository.slug}#{of.number}"},
    }


def merge_request(of: ChangeRequest, call: Call) -> dict[str, Any]:
    """Return a merge request."""
    squashed = of.merge_commit if _is_single_parent(of, call) else None
    return {
        **_common(of, call),
        "web_url": f"{call.web_url}/-/merge_requests/{of.number}",
        "references": {"short": f"!{of.number}", "full": f"{call.repository.slug}!{of.number}"},
        "source_branch": of.head_branch,
        "target_branch": of.base_branch,
        "source_project_id": call.repository.id,
        "target_project_id": call.repository.id,
        "draft": of.draft,
        "work_in_progress": of.draft,
        "sha": of.head,
        "merge_commit_sha": of.merge_commit if squashed is None else None,
        "squash_commit_sha": squashed,
        "merged_at": time(of.merged),
        "merge_user": maybe_user(of.merged_by, call),
        "merged_by": maybe_user(of.merged_by, call),
        "merge_when_pipeline_succeeds": of.auto_merge is not None,
        "reviewers": [user(each, call) for each in of.reviewers],
        "merge_error": None,
        "should_remove_source_branch": None,
        "squash": False,
        "has_conflicts": mergeability(call.repository, of) is False,
        "blocking_discussions_resolved": all(each.resolved_by for each in of.threads),
        **_status(of, call),
    }


def whole_merge_request(of: ChangeRequest, call: Call) -> dict[str, Any]:
    """Return a merge request as it is shown by itself."""
    bare = call.repository.bare
    start = bare.merge_base(of.base, of.head)
    return {
        **merge_request(of, call),
        "changes_count": str(len(bare.changed_files(of.base, of.head))),
        "diff_refs": {"base_sha": start, "head_sha": of.head, "start_sha": of.base},
        "head_pipeline": pipeline(of.head, call),
        "user": {"can_merge": True},
        "diverged_commits_count": len(bare.between(of.head, of.base)),
    }


def pipeline(sha: str, call: Call) -> dict[str, Any] | None:
    """Return the pipeline of a commit, all of its checks taken together; None without any."""
    outcome = rollup(call.repository, sha)
    if outcome is None:
        return None
    number = pipeline_id(sha, call)
    return {
        "id": number,
        "iid": number,
        "project_id": call.repository.id,
        "sha": sha,
        "ref": None,
        "source": "merge_request_event",
        "status": OUTCOMES[outcome],
        "web_url": f"{call.web_url}/-/pipelines/{number}",
    }


def pipeline_id(sha: str, call: Call) -> int:
    """Return the id of a commit's pipeline: that of the first thing that came of it."""
    known = (*call.repository.checks, *call.repository.statuses)
    return min(each.id for each in known if each.sha == sha)


def _status(of: ChangeRequest, call: Call) -> dict[str, str]:
    state = merge_state(call.repository, of)
    if of.state is not State.OPEN:
        return {"merge_status": "can_be_merged", "detailed_merge_status": "not_open"}
    if state is MergeState.UNKNOWN:
        return {"merge_status": "unchecked", "detailed_merge_status": "unchecked"}
    why = [each.why for each in blockers(call.repository, of)]
    detailed = next((BLOCKED[each] for each in why if each in BLOCKED), "mergeable")
    known = outcomes(call.repository, of.head).values()
    if detailed == "ci_must_pass" and Outcome.PENDING in known:
        detailed = "ci_still_running"
    clean = "cannot_be_merged" if Why.CONFLICT in why else "can_be_merged"
    return {"merge_status": clean, "detailed_merge_status": detailed}


def _is_single_parent(of: ChangeRequest, call: Call) -> bool:
    if of.merge_commit is None:
        return False
    return len(call.repository.bare.commit(of.merge_commit).parents) == 1


def _common(of: Issue, call: Call) -> dict[str, Any]:
    return {
        "id": of.id,
        "iid": of.number,
        "project_id": call.repository.id,
        "title": of.title,
        "description": of.body or None,
        "state": STATES[of.state],
        "created_at": time(of.created),
        "updated_at": time(of.updated),
        "closed_at": None if of.state is State.MERGED else time(of.closed),
        "closed_by": None if of.state is State.MERGED else maybe_user(of.closed_by, call),
        "author": user(of.author, call),
        "assignees": [user(each, call) for each in of.assignees],
        "assignee": maybe_user(next(iter(of.assignees), None), call),
        "labels": [label.name for label in of.labels],
        "user_notes_count": len(of.comments),
        "milestone": None,
    }
