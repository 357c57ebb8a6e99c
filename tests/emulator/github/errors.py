"""How GitHub's REST API says that it does not do something."""

from __future__ import annotations

from typing import Any

from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.wire.http import Response

DOCUMENTATION = "https://docs.github.com/rest"

PLAIN = {
    Why.NOT_FOUND: 404,
    Why.HEAD_MOVED: 409,
    Why.BASE_MOVED: 405,
    Why.NOT_OPEN: 405,
    Why.DRAFT: 405,
    Why.CONFLICT: 405,
    Why.CHECKS: 405,
    Why.APPROVALS: 405,
    Why.CONVERSATIONS: 405,
    Why.BEHIND: 405,
    Why.METHOD: 405,
    Why.QUEUED: 405,
    Why.STRANGER: 422,
    Why.NO_BRANCH: 422,
    Why.PROTECTED: 422,
}
"""Refusals that are told by their sentence."""

INVALID = {Why.BAD_HEAD, Why.BAD_BASE}
"""Those that are told by the name of the field alone."""


def refused(error: RefusalError) -> Response:
    """Return the answer for a refusal."""
    if error.why in PLAIN:
        return failure(PLAIN[error.why], error.message)
    if error.why is Why.OWN:
        return failure(422, "Unprocessable Entity", [error.message])
    return failure(422, "Validation Failed", [_entry(error)])


def failure(status: int, message: str, errors: list[Any] | None = None) -> Response:
    """Return an error in GitHub's form."""
    body: dict[str, Any] = {"message": message, "documentation_url": DOCUMENTATION}
    if errors is not None:
        body["errors"] = errors
    return Response(status, {**body, "status": str(status)})


def _entry(error: RefusalError) -> dict[str, str]:
    entry = {"resource": "PullRequest"}
    if error.field:
        entry["field"] = error.field
    if error.why in INVALID:
        return {**entry, "code": "invalid"}
    return {**entry, "code": "custom", "message": error.message}
