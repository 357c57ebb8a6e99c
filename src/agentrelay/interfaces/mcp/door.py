"""Let in whoever shows the token of an attempt that is under way, and say who that is."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from agentrelay._shared.signals import furthest
from agentrelay.app.saying import Speaker, read_manifest, speaker_of
from agentrelay.engine.layout import RunFolders
from agentrelay.errors import UsageError
from agentrelay.task.core.task import TaskStatus

SPEAKER = "agentrelay.speaker"
"""Where a request that was let in has its speaker."""

_ORDER = tuple(status.value for status in TaskStatus)
_SCHEME = "bearer "


class Door:
    """What stands before the tools of a run: without a token that counts now, it answers 401."""

    def __init__(self, app: ASGIApp, run: RunFolders) -> None:
        """Stand before ``app``, which serves the tools."""
        self._app = app
        self._run = run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or what is no request."""
        if scope["type"] == "http":
            given = Headers(scope=scope).get("authorization", "")
            is_bearer = given.lower().startswith(_SCHEME)
            speaker = who_speaks(self._run, given[len(_SCHEME) :].strip()) if is_bearer else None
            if speaker is None:
                await _refusal()(scope, receive, send)
                return
            scope[SPEAKER] = speaker
        await self._app(scope, receive, send)


def who_speaks(run: RunFolders, token: str) -> Speaker | None:
    """Return whose token this is, None where it is of no attempt that is under way in ``run``."""
    for folder in sorted((run.root / "tasks").iterdir()):
        if furthest(folder, _ORDER) == TaskStatus.RUNNING.value:
            speaker = _in_latest_attempt(folder, token)
            if speaker is not None:
                return speaker
    return None


def _in_latest_attempt(task: Path, token: str) -> Speaker | None:
    numbers = [int(each.name) for each in task.glob("attempts/*") if each.name.isdigit()]
    path = task / "attempts" / str(max(numbers, default=0)) / "manifest.json"
    try:
        return speaker_of(path, read_manifest(path), token)
    except UsageError:
        return None


def _refusal() -> PlainTextResponse:
    text = "AGENTRELAY_TOKEN of an attempt that is under way must come as the bearer token\n"
    return PlainTextResponse(text, 401, {"WWW-Authenticate": "Bearer"})
