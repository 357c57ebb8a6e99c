"""The REST API's repositories, branches and their protection, refs and accounts."""

from __future__ import annotations

from typing import Any

from tests.emulator.core.branching import delete_branch
from tests.emulator.core.model import Protection
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.github import shapes
from tests.emulator.github.call import Call
from tests.emulator.github.routing import GitHubRoutes
from tests.emulator.wire.http import Response

ROUTES = GitHubRoutes()
REPO = "/repos/{owner}/{repo}"


@ROUTES.on("GET /")
def root(call: Call) -> Response:
    """Show where things are; clients read their scopes off the headers."""
    return Response(200, {"current_user_url": f"{call.links.api}/user"})


@ROUTES.on("GET /user")
def myself(call: Call) -> Response:
    """Show who calls."""
    return Response(200, shapes.user(call.user, call.links))


@ROUTES.on(f"GET {REPO}")
def shown(call: Call) -> Response:
    """Show a repository."""
    return Response(200, shapes.repository(call.repository, call.links))


@ROUTES.on(f"GET {REPO}/branches")
def branches(call: Call) -> Response:
    """List the branches."""
    heads = sorted(call.repository.bare.heads().items())
    return call.page(heads, lambda pair: _branch(call, *pair))


@ROUTES.on(f"GET {REPO}/branches/{{branch*}}/protection")
def protection(call: Call) -> Response:
    """Show what a branch asks of merges."""
    found = call.repository.protections.get(call.params["branch"])
    if found is None:
        raise RefusalError(Why.NOT_FOUND, "Branch not protected")
    return Response(200, _protection(found))


@ROUTES.on(f"PUT {REPO}/branches/{{branch*}}/protection")
def protected(call: Call) -> Response:
    """Set what a branch asks of merges; parts that are null ask nothing."""
    body = call.body
    parts = ("required_status_checks", "required_pull_request_reviews")
    for part in (*parts, "enforce_admins", "restrictions"):
        if part not in body:
            raise RefusalError(Why.INVALID, f'"{part}" wasn\'t supplied.', part)
    checks, reviews = (part_of(body, part) for part in parts)
    found = Protection(
        checks=tuple(checks.get("contexts", ())),
        strict=bool(checks.get("strict")),
        approvals=reviews.get("required_approving_review_count", 1 if reviews else 0),
        dismiss_stale=bool(reviews.get("dismiss_stale_reviews")),
        conversations=bool(body.get("required_conversation_resolution")),
    )
    call.repository.protections[call.params["branch"]] = found
    return Response(200, _protection(found))


@ROUTES.on(f"DELETE {REPO}/branches/{{branch*}}/protection")
def unprotected(call: Call) -> Response:
    """Let a branch ask nothing."""
    call.repository.protections.pop(call.params["branch"], None)
    return Response(204)


@ROUTES.on(f"GET {REPO}/branches/{{branch*}}")
def branch(call: Call) -> Response:
    """Show a branch."""
    name = call.params["branch"]
    sha = call.repository.bare.heads().get(name)
    if sha is None:
        raise RefusalError(Why.NOT_FOUND, "Branch not found")
    return Response(200, _branch(call, name, sha))


@ROUTES.on(f"GET {REPO}/git/ref/{{ref*}}")
def ref(call: Call) -> Response:
    """Show a ref, named without ``refs/``."""
    name = f"refs/{call.params['ref']}"
    sha = call.repository.bare.resolve(name)
    if sha is None:
        raise RefusalError(Why.NOT_FOUND, "Not Found")
    return Response(200, {"ref": name, "object": {"type": "commit", "sha": sha}})


@ROUTES.on(f"DELETE {REPO}/git/refs/{{ref*}}")
def ref_deleted(call: Call) -> Response:
    """Delete a branch; its open change request is closed by that."""
    kind, _, name = call.params["ref"].partition("/")
    delete_branch(call.actor, name if kind == "heads" else "")
    return Response(204)


@ROUTES.on(f"GET {REPO}/commits/{{ref}}")
def commit(call: Call) -> Response:
    """Show a commit."""
    sha = call.repository.bare.resolve(call.params["ref"])
    if sha is None:
        raise RefusalError(Why.INVALID, f"No commit found for SHA: {call.params['ref']}")
    return Response(200, shapes.commit(call.repository.bare.commit(sha)))


def part_of(body: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a part of a body that may be null."""
    return body[name] or {}


def _branch(call: Call, name: str, sha: str) -> dict[str, Any]:
    repository = call.repository
    found = repository.protections.get(name)
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{call.links.repository(repository)}/commits/{sha}"},
        "protected": found is not None,
        "protection": {
            "enabled": found is not None,
            "required_status_checks": {
                "enforcement_level": "non_admins" if found and found.checks else "off",
                "contexts": list(found.checks) if found else [],
            },
        },
    }


def _protection(of: Protection) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "enforce_admins": {"enabled": True},
        "required_conversation_resolution": {"enabled": of.conversations},
    }
    if of.checks:
        checks = [{"context": name, "app_id": None} for name in of.checks]
        contexts = list(of.checks)
        shown["required_status_checks"] = {
            "strict": of.strict,
            "contexts": contexts,
            "checks": checks,
        }
    if of.approvals:
        shown["required_pull_request_reviews"] = {
            "required_approving_review_count": of.approvals,
            "dismiss_stale_reviews": of.dismiss_stale,
            "require_code_owner_reviews": False,
        }
    return shown
