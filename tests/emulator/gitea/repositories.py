"""Gitea's repositories, branches, statuses of commits and logs of jobs."""

from __future__ import annotations

from typing import Any

from tests.emulator.core.branching import delete_branch
from tests.emulator.core.checking import add_status, check_of
from tests.emulator.core.model import Check, CommitStatus, Protection
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.standing import Outcome, newest_checks, newest_statuses, rollup
from tests.emulator.gitea import shapes
from tests.emulator.gitea.call import REPO, Call, GiteaRoutes
from tests.emulator.wire.http import Response, text

ROUTES = GiteaRoutes()


@ROUTES.on("GET /version")
def version(call: Call) -> Response:
    """Show the version of Gitea that this is like."""
    del call
    return Response(200, {"version": "1.24.0"})


@ROUTES.on("GET /user")
def myself(call: Call) -> Response:
    """Show who calls."""
    return Response(200, shapes.user(call.user, call))


@ROUTES.on(f"GET {REPO}")
def repository(call: Call) -> Response:
    """Show a repository."""
    return Response(200, shapes.repository(call.repository, call))


@ROUTES.on(f"GET {REPO}/branches/{{branch*}}")
def branch(call: Call) -> Response:
    """Show a branch, and what it asks of merges."""
    name, sha = call.params["branch"], _tip(call)
    asked = call.repository.protection_of(name)
    shown = {
        "name": name,
        "commit": {"id": sha, "message": call.repository.bare.commit(sha).message},
        "protected": name in call.repository.protections,
        "required_approvals": asked.approvals,
        "enable_status_check": bool(asked.checks),
        "status_check_contexts": list(asked.checks),
    }
    return Response(200, shown)


@ROUTES.on(f"DELETE {REPO}/branches/{{branch*}}")
def branch_deleted(call: Call) -> Response:
    """Delete a branch."""
    delete_branch(call.actor, call.params["branch"])
    return Response(204)


def _tip(call: Call) -> str:
    found = call.repository.bare.heads().get(call.params["branch"])
    if found is None:
        raise RefusalError(Why.NOT_FOUND, "")
    return found


@ROUTES.on(f"POST {REPO}/branch_protections")
def protected(call: Call) -> Response:
    """Set what a branch asks of merges."""
    body, name = call.body, call.body.get("rule_name") or call.require("branch_name")
    call.repository.protections[name] = Protection(
        checks=tuple(body.get("status_check_contexts") or ())
        if body.get("enable_status_check")
        else (),
        approvals=body.get("required_approvals") or 0,
        dismiss_stale=bool(body.get("dismiss_stale_approvals")),
        strict=bool(body.get("block_on_outdated_branch")),
    )
    return Response(201, {**body, "rule_name": name})


@ROUTES.on(f"POST {REPO}/statuses/{{sha}}")
def status_given(call: Call) -> Response:
    """Give a commit a status."""
    body = call.body
    state = "failure" if body.get("state") == "warning" else call.require("state")
    given = add_status(
        call.actor,
        call.params["sha"],
        body.get("context") or "default",
        state,
        description=body.get("description"),
        url=body.get("target_url"),
    )
    return Response(201, _status(given, call))


@ROUTES.on(f"GET {REPO}/commits/{{ref*}}/status")
def combined(call: Call) -> Response:
    """Show what a commit was checked by, and what it comes to; no state where by nothing."""
    sha = _sha(call)
    outcome = rollup(call.repository, sha)
    listed = _statuses(sha, call)
    state = {None: "", Outcome.FAILED: "failure"}.get(outcome, outcome.value if outcome else "")
    shown = {"sha": sha, "state": state, "total_count": len(listed), "statuses": listed}
    return Response(200, shown)


@ROUTES.on(f"GET {REPO}/commits/{{ref*}}/statuses")
def statuses(call: Call) -> Response:
    """List what a commit was checked by."""
    return call.page(_statuses(_sha(call), call), lambda each: each)


def _sha(call: Call) -> str:
    found = call.repository.bare.resolve(call.params["ref"])
    if found is None:
        raise RefusalError(Why.NOT_FOUND, "")
    return found


def _statuses(sha: str, call: Call) -> list[dict[str, Any]]:
    """Return the statuses of a commit; the jobs of Gitea's own runner have one each."""
    jobs = [_job(each, call) for each in newest_checks(call.repository, sha)]
    return jobs + [_status(each, call) for each in newest_statuses(call.repository, sha)]


def _job(of: Check, call: Call) -> dict[str, Any]:
    passed = of.conclusion in ("success", "neutral", "skipped")
    state = "pending" if of.conclusion is None else "success" if passed else "failure"
    return {
        "id": of.id,
        "context": of.name,
        "status": state,
        "description": of.title or "",
        "target_url": f"/{call.repository.slug}/actions/runs/{of.suite}/jobs/{of.id}",
        "creator": None,
        "created_at": shapes.time(of.created),
        "updated_at": shapes.time(of.completed or of.created),
    }


def _status(of: CommitStatus, call: Call) -> dict[str, Any]:
    return {
        "id": of.id,
        "context": of.context,
        "status": of.state,
        "description": of.description or "",
        "target_url": of.url or "",
        "creator": shapes.user(of.author, call),
        "created_at": shapes.time(of.created),
        "updated_at": shapes.time(of.created),
    }


@ROUTES.on(f"GET {REPO}/actions/jobs/{{id}}/logs")
def log(call: Call) -> Response:
    """Show a job's log."""
    return text(check_of(call.repository, call.id()).log)
