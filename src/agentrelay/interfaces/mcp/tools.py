"""The tools: each is one of the agent's calls, and does what ``agentrelay task`` does."""

from __future__ import annotations

import json
from typing import Any, cast

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from starlette.requests import HTTPConnection

from agentrelay import __version__
from agentrelay._shared.clock import SystemClock
from agentrelay._shared.text import quoted
from agentrelay.app.saying import Speaker, about, noted, result_of, say
from agentrelay.errors import UsageError
from agentrelay.executor.core.calls import Call, Verb
from agentrelay.interfaces.mcp.door import SPEAKER

Request = Context[Any, Any]

_INSTRUCTIONS = (
    "Say how your task is going, and end it by `done` or `fail`. These tools do the same as the "
    "commands that your instructions name: use either, and the commands where a tool fails."
)

_READING = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_SAYING = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)


def tools() -> MCPServer:
    """Return the server of all tools; its requests must have come through the door."""
    server: MCPServer = MCPServer(
        "agentrelay", instructions=_INSTRUCTIONS, version=__version__, log_level="CRITICAL"
    )
    for tool in (context, result):
        server.tool(annotations=_READING, structured_output=False)(tool)
    for tool in (done, fail, concern, note):
        server.tool(annotations=_SAYING, structured_output=False)(tool)
    return server


def context(request: Request) -> str:
    """Show what this task is about: description, paths, inputs, branch."""
    return _shown(about(_speaker(request)))


def result(request: Request, task: str) -> str:
    """Show what came of another task of this run, by its id."""
    found = result_of(_speaker(request), task)
    if found is None:
        raise ToolError(f"nothing came of a task {quoted(task)} yet")
    return _shown(found)


def done(request: Request, summary: str = "", empty: bool = False) -> str:  # noqa: FBT001, FBT002 - a tool's argument
    """Say that the task is done, with a summary in a line; the turn ends and its result is judged.

    empty: nothing needed to change.
    """
    return _say(request, Verb.DONE, summary, empty=empty)


def fail(request: Request, reason: str) -> str:
    """Say that the task can't be done, and why; the attempt ends."""
    return _say(request, Verb.FAIL, reason)


def concern(request: Request, text: str) -> str:
    """Tell people what they should see before this lands."""
    return _say(request, Verb.CONCERN, text)


def note(request: Request, text: str) -> str:
    """Leave a note for people and for later tasks."""
    return _say(request, Verb.NOTE, text)


def _say(request: Request, verb: Verb, text: str, *, empty: bool = False) -> str:
    speaker = _speaker(request)
    call = Call(verb, SystemClock().now(), text, empty=empty)
    try:
        is_new = say(speaker, speaker.path.with_name("agent"), call)
    except UsageError as error:
        raise ToolError(error.message) from error
    return noted(speaker, call, is_new=is_new)


def _speaker(request: Request) -> Speaker:
    # There is no other way to the tools than through the door, by HTTP.
    return cast("HTTPConnection", request.request_context.request).scope[SPEAKER]


def _shown(found: object) -> str:
    return json.dumps(found, ensure_ascii=False, indent=2)
