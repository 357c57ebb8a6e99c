"""The REST API's check runs and statuses of a commit, and the logs of jobs."""

from __future__ import annotations

from typing import Any

from tests.emulator.core.checking import add_check, add_status, advance, check_of
from tests.emulator.core.model import Annotation, Check, CommitStatus
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.standing import (
    Outcome,
    newest_checks,
    newest_statuses,
    outcome_of_statuses,
)
from tests.emulator.github import shapes
from tests.emulator.github.call import Call
from tests.emulator.github.ids import node_id
from tests.emulator.github.routing import GitHubRoutes
from tests.emulator.wire.http import Response, text

ROUTES = GitHubRoutes()
REPO = "/repos/{owner}/{repo}"


def shape(of: Check, call: Call) -> dict[str, Any]:
    """Return a check run."""
    url = f"{call.links.repository(call.repository)}/check-runs/{of.id}"
    return {
        "id": of.id,
        "node_id": node_id("CR", of.id),
        "name": of.name,
        "head_sha": of.sha,
        "status": of.status,
        "conclusion": of.conclusion,
        "started_at": shapes.time(of.started),
        "completed_at": shapes.time(of.completed),
        "url": url,
        "html_url": shapes.check_page(of, call.repository, call.links),
        "details_url": shapes.check_page(of, call.repository, call.links),
        "external_id": "",
        "output": {
            "title": of.title,
            "summary": of.summary,
            "text": of.text,
            "annotations_count": len(of.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": of.suite},
        "app": {"id": 15368, "slug": "github-actions", "name": "GitHub Actions"},
        "pull_requests": [],
    }


def job_shape(of: Check, call: Call) -> dict[str, Any]:
    """Return the job that a check run is of; both have the same id."""
    steps = [
        {"name": step.name, "number": number, "status": "completed", "conclusion": step.conclusion}
        for number, step in enumerate(of.steps, 1)
    ]
    url = f"{call.links.repository(call.repository)}/check-runs/{of.id}"
    return {
        "id": of.id,
        "run_id": of.suite,
        "name": of.name,
        "head_sha": of.sha,
        "status": of.status,
        "conclusion": of.conclusion,
        "html_url": shapes.check_page(of, call.repository, call.links),
        "check_run_url": url,
        "steps": steps,
    }


def status_shape(of: CommitStatus, call: Call) -> dict[str, Any]:
    """Return a status."""
    return {
        "id": of.id,
        "node_id": node_id("SC", of.id),
        "context": of.context,
        "state": of.state,
        "description": of.description,
        "target_url": of.url,
        "creator": shapes.user(of.author, call.links),
        "created_at": shapes.time(of.created),
        "updated_at": shapes.time(of.created),
    }


def _sha(call: Call) -> str:
    ref = call.params["ref"]
    bare = call.repository.bare
    found = bare.resolve(f"refs/heads/{ref}") or bare.resolve(ref)
    if found is None:
        raise RefusalError(Why.INVALID, f"No commit found for SHA: {ref}")
    return found


@ROUTES.on(f"POST {REPO}/check-runs")
def made(call: Call) -> Response:
    """Add a check run."""
    body = call.body
    check = add_check(
        call.actor,
        call.require("head_sha"),
        call.require("name"),
        body.get("conclusion"),
        status=body.get("status"),
    )
    _take(check, body)
    return Response(201, shape(check, call))


@ROUTES.on(f"GET {REPO}/check-runs/{{id}}")
def shown(call: Call) -> Response:
    """Show a check run."""
    return Response(200, shape(check_of(call.repository, call.id()), call))


@ROUTES.on(f"PATCH {REPO}/check-runs/{{id}}")
def edited(call: Call) -> Response:
    """Change a check run."""
    check, body = check_of(call.repository, call.id()), call.body
    if "status" in body or "conclusion" in body:
        advance(call.actor, check, body.get("status", check.status), body.get("conclusion"))
    _take(check, body)
    return Response(200, shape(check, call))


def _take(check: Check, body: dict[str, Any]) -> None:
    output: dict[str, Any] = body.get("output") or {}
    check.url = body.get("details_url", check.url)
    check.title = output.get("title", check.title)
    check.summary = output.get("summary", check.summary)
    check.text = output.get("text", check.text)
    check.annotations += tuple(
        Annotation(
            each["path"],
            each["start_line"],
            each["annotation_level"],
            each["message"],
            each.get("title", ""),
        )
        for each in output.get("annotations", [])
    )


@ROUTES.on(f"GET {REPO}/check-runs/{{id}}/annotations")
def annotated_lines(call: Call) -> Response:
    """List what a check run says of lines."""
    return call.page(
        check_of(call.repository, call.id()).annotations,
        lambda each: {
            "path": each.path,
            "start_line": each.line,
            "end_line": each.line,
            "annotation_level": each.level,
            "title": each.title,
            "message": each.message,
            "raw_details": None,
        },
    )


@ROUTES.on(f"GET {REPO}/commits/{{ref*}}/check-runs")
def of_commit(call: Call) -> Response:
    """List a commit's check runs; the newest of each name unless all are asked for."""
    repository, query = call.repository, call.request.query
    sha = _sha(call)
    if query.get("filter") == "all":
        found = [check for check in repository.checks if check.sha == sha]
    else:
        found = newest_checks(repository, sha)
    for name, key in (("check_name", "name"), ("status", "status")):
        if name in query:
            found = [check for check in found if getattr(check, key) == query[name]]
    return call.counted("check_runs", found, lambda check: shape(check, call))


@ROUTES.on(f"POST {REPO}/statuses/{{ref}}")
def status_made(call: Call) -> Response:
    """Give a commit a status."""
    body = call.body
    given = add_status(
        call.actor,
        call.params["ref"],
        body.get("context") or "default",
        call.require("state"),
        description=body.get("description"),
        url=body.get("target_url"),
    )
    return Response(201, status_shape(given, call))


@ROUTES.on(f"GET {REPO}/commits/{{ref*}}/statuses")
def statuses(call: Call) -> Response:
    """List all statuses that a commit was given, newest first."""
    sha = _sha(call)
    found = [status for status in reversed(call.repository.statuses) if status.sha == sha]
    return call.page(found, lambda each: status_shape(each, call))


@ROUTES.on(f"GET {REPO}/commits/{{ref*}}/status")
def combined(call: Call) -> Response:
    """Show what a commit's statuses come to; pending where it has none."""
    repository, sha = call.repository, _sha(call)
    found = newest_statuses(repository, sha)
    state = outcome_of_statuses(found) or Outcome.PENDING
    more = {"sha": sha, "state": state.value, "repository": {"full_name": repository.slug}}
    return call.counted("statuses", found, lambda each: status_shape(each, call), more)


@ROUTES.on(f"GET {REPO}/actions/jobs/{{id}}")
def job(call: Call) -> Response:
    """Show a job and its steps."""
    return Response(200, job_shape(check_of(call.repository, call.id()), call))


@ROUTES.on(f"GET {REPO}/actions/runs/{{id}}/jobs")
def jobs(call: Call) -> Response:
    """List the jobs of a run."""
    found = [check for check in call.repository.checks if check.suite == call.id()]
    return call.counted("jobs", found, lambda check: job_shape(check, call))


@ROUTES.on(f"GET {REPO}/actions/jobs/{{id}}/logs")
def log(call: Call) -> Response:
    """Say where a job's log is, which is elsewhere."""
    check = check_of(call.repository, call.id())
    if check.status != "completed" or not check.log:
        raise RefusalError(Why.NOT_FOUND, "Not Found")
    where = f"{call.links.api}/_logs/{call.repository.slug}/{check.id}"
    return Response(302, None, {"Location": where})


@ROUTES.on("GET /_logs/{owner}/{repo}/{id}")
def stored_log(call: Call) -> Response:
    """Show a log; this address is a secret in itself."""
    return text(check_of(call.repository, call.id()).log)
