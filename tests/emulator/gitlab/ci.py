"""GitLab's pipelines, jobs and commit statuses. A commit has one pipeline here."""

from __future__ import annotations

from typing import Any

from tests.emulator.core.checking import add_status, check_of
from tests.emulator.core.model import Check, CommitStatus
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.standing import newest_checks, newest_statuses
from tests.emulator.gitlab import shapes
from tests.emulator.gitlab.call import PROJECT, REQUEST, Call, GitLabRoutes
from tests.emulator.wire.http import Response, text

ROUTES = GitLabRoutes()
STATUSES = {
    "pending": "pending",
    "running": "pending",
    "success": "success",
    "failed": "failure",
    "canceled": "error",
    "skipped": "success",
}
CONCLUSIONS = {"success": "success", "neutral": "success", "skipped": "skipped"}


def job_shape(of: Check, call: Call) -> dict[str, Any]:
    """Return a job."""
    return {
        "id": of.id,
        "name": of.name,
        "stage": "test",
        "status": _job_status(of),
        "allow_failure": False,
        "failure_reason": "script_failure" if _job_status(of) == "failed" else None,
        "web_url": f"{call.web_url}/-/jobs/{of.id}",
        "commit": {"id": of.sha},
        "pipeline": shapes.pipeline(of.sha, call),
        "started_at": shapes.time(of.started),
        "finished_at": shapes.time(of.completed),
    }


def _job_status(of: Check) -> str:
    if of.conclusion is None:
        return "running" if of.status == "in_progress" else "pending"
    return CONCLUSIONS.get(of.conclusion, "failed")


def status_shape(of: CommitStatus, call: Call) -> dict[str, Any]:
    """Return a commit status that another program gave."""
    words = {"failure": "failed", "error": "canceled"}
    return {
        "id": of.id,
        "sha": of.sha,
        "name": of.context,
        "status": words.get(of.state, of.state),
        "description": of.description,
        "target_url": of.url,
        "allow_failure": False,
        "author": shapes.user(of.author, call),
        "created_at": shapes.time(of.created),
    }


def job_as_status(of: Check, call: Call) -> dict[str, Any]:
    """Return a job as it is listed among the statuses of its commit."""
    return {
        "id": of.id,
        "sha": of.sha,
        "name": of.name,
        "status": _job_status(of),
        "description": None,
        "target_url": f"{call.web_url}/-/jobs/{of.id}",
        "allow_failure": False,
        "author": None,
        "created_at": shapes.time(of.created),
    }


@ROUTES.on(f"POST {PROJECT}/statuses/{{sha}}")
def status_given(call: Call) -> Response:
    """Give a commit a status."""
    given = call.given
    if given.get("state") not in STATUSES:
        raise RefusalError(Why.INVALID, "state does not have a valid value")
    if call.repository.bare.resolve(call.params["sha"]) is None:
        raise RefusalError(Why.NOT_FOUND, "404 Commit Not Found")
    made = add_status(
        call.actor,
        call.params["sha"],
        given.get("name") or given.get("context") or "default",
        STATUSES[given["state"]],
        description=given.get("description"),
        url=given.get("target_url"),
    )
    return Response(201, status_shape(made, call))


@ROUTES.on(f"GET {PROJECT}/repository/commits/{{sha}}/statuses")
def statuses(call: Call) -> Response:
    """List what a commit was checked by, jobs and statuses, the newest of each name."""
    repository, sha = call.repository, call.params["sha"]
    if repository.bare.resolve(sha) is None:
        raise RefusalError(Why.NOT_FOUND, "404 Commit Not Found")
    found = [job_as_status(each, call) for each in newest_checks(repository, sha)]
    found += [status_shape(each, call) for each in newest_statuses(repository, sha)]
    return call.page(found, lambda each: each)


@ROUTES.on(f"GET {REQUEST}/pipelines")
def pipelines_of_request(call: Call) -> Response:
    """List the pipelines of a merge request: that of its head."""
    found = shapes.pipeline(call.change_request.head, call)
    return call.page([] if found is None else [found], lambda each: each)


@ROUTES.on(f"GET {PROJECT}/pipelines")
def pipelines(call: Call) -> Response:
    """List pipelines, newest first, of one commit where that is given."""
    known = (*call.repository.checks, *call.repository.statuses)
    shas = dict.fromkeys(each.sha for each in known)
    wanted = call.request.query.get("sha")
    found = [shapes.pipeline(sha, call) for sha in reversed(shas) if wanted in (None, sha)]
    return call.page(found, lambda each: each)


@ROUTES.on(f"GET {PROJECT}/pipelines/{{id}}/jobs")
def jobs(call: Call) -> Response:
    """List the jobs of a pipeline."""
    shas = {check.sha for check in call.repository.checks}
    wanted = [sha for sha in shas if shapes.pipeline_id(sha, call) == call.id()]
    found = [check for sha in wanted for check in newest_checks(call.repository, sha)]
    return call.page(found, lambda each: job_shape(each, call))


@ROUTES.on(f"GET {PROJECT}/jobs/{{id}}")
def job(call: Call) -> Response:
    """Show a job."""
    return Response(200, job_shape(check_of(call.repository, call.id()), call))


@ROUTES.on(f"GET {PROJECT}/jobs/{{id}}/trace")
def trace(call: Call) -> Response:
    """Show a job's log."""
    return text(check_of(call.repository, call.id()).log)
