"""Any agent that speaks the Agent Client Protocol, driven by a client of ours for each turn.

Measured with claude-agent-acp 0.101.0, codex-acp 2.6.0, Gemini CLI 0.61.0 and opencode 1.18.33.
None of what agents tell of tokens is a rule of the protocol yet: Gemini does not tell cached ones
apart, opencode tells those of its last step only, so both are left out; the others tell those of
the turn.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from agentrelay.agent.acp.order import Order, arguments
from agentrelay.agent.core.adapter import About, AgentLaunch, TurnRequest
from agentrelay.agent.core.report import SILENT, Report, TurnResult, Usage, result_of_status
from agentrelay.agent.core.transcript import Entry, Part
from agentrelay.agent.implementations import stream, telling
from agentrelay.agent.implementations.programs import require_distribution, unset
from agentrelay.agent.implementations.stream import Object
from agentrelay.errors import AgentError

_ASKS = {"OPENCODE_PERMISSION": '{"*": "ask", "read": "allow"}'}
"""What makes an agent ask that would not by itself, in variables that no other one reads."""

_SHOWS = {"ENABLE_TOOL_SEARCH": "false"}
"""What makes claude-agent-acp show its model all tools, where it would have to search for ours."""

_STATUS = re.compile(r"\b(?:status|code|error|rejected)\W{1,4}(\d{3})\b", re.IGNORECASE)
_LOGIN_NEEDED = -32000
"""The protocol's own error code for an agent that wants a login first."""
_KINDS = {
    "authentication_failed": TurnResult.AUTHENTICATION,
    "billing_error": TurnResult.BUDGET,
    "overloaded": TurnResult.OVERLOADED,
    "rate_limit": TurnResult.RATE_LIMITED,
    "server_error": TurnResult.OVERLOADED,
}
"""What claude-agent-acp calls the reason of an error."""
_LISTED = 20
"""So many refusals are told of a turn; the rest is counted."""
_OF_ONE_STEP = frozenset({"OpenCode"})
"""Agents that tell the tokens of their last step only."""


class AcpAdapter:
    """Drives whatever agent the graph's ``run`` starts."""

    about = About(
        "acp",
        distribution="agent-client-protocol",
        package="the Python package agent-client-protocol (the extra agentrelay[acp])",
        resumes=True,
        takes_mcp=True,
        asks=True,
        prints_events=True,
    )

    def launch(self, request: TurnRequest) -> AgentLaunch:
        """Return our client with what it is to do. AgentError where it has no agent to start."""
        require_distribution("the agent acp", self.about.distribution, self.about.package)
        if not request.run or isinstance(request.run, str):
            message = f'the acp agent of task "{request.task}" has no list as its `run`'
            raise AgentError(message, hint="such as run: [gemini, --acp]")
        if request.home is not None:
            message = f'the acp agent of task "{request.task}" can\'t be isolated'
            hint = "where it keeps its settings is not known: use env, with a variable of its own"
            raise AgentError(message, hint=hint)
        order = Order(
            run=request.run,
            prompt=request.prompt,
            follow_up=request.follow_up,
            session=request.session,
            model=request.model,
            bypass=request.bypass,
            worktree=str(request.worktree),
            writable=tuple(map(str, request.writable)),
            readable=tuple(map(str, request.readable)),
            commands=request.commands,
            mcp=request.mcp,
            asking=request.asking,
        )
        # No module of the worktree may stand in for one of ours.
        client = (sys.executable, "-P", "-m", "agentrelay.agent.acp")
        env = {} if request.bypass else dict(_ASKS)
        env |= {} if request.mcp is None else _SHOWS
        return AgentLaunch((*client, *arguments(order)), unset(env, request.env))

    def report(self, output: Path) -> Report | None:
        """Return what the client's last event says."""
        agent, session, said, ending = "", None, "", None
        refused: list[Object] = []
        for event in stream.objects(output):
            match event.get("type"):
                case "agent":
                    agent = stream.text(event, "name")
                case "session":
                    session = stream.identifier(event, "id")
                case "said":
                    said = (said + stream.text(event, "text"))[-stream.MAX_SAID :]
                case "call":
                    said = ""
                case "permission" if event.get("allowed") is False:
                    refused.append(event)
                case "ended" | "refused" | "gone":
                    ending = event
                case _:
                    pass
        titles = _some(stream.text(each, "title") for each in refused)
        result, reason = _ending(ending, titles, said)
        denied = tuple(_some(map(_denied, refused)))
        usage = None if agent in _OF_ONE_STEP else _usage(ending or {})
        return Report(result, reason, session, usage, said=said, denied=denied)

    def entries(self, event: Object) -> Iterable[Entry]:
        """Return what the client's event tells; the agent's own words for a tool are its kind."""
        text, title = stream.text(event, "text"), stream.text(event, "title")
        match event.get("type"):
            case "said":
                yield from telling.said(text)
            case "thought":
                yield Entry(Part.THOUGHT, text)
            case "noise":
                yield Entry(Part.PRINTED, text)
            case "call":
                yield Entry(Part.CALLED, title, stream.text(event, "kind") or "tool")
            case "permission" if event.get("allowed") is False:
                yield Entry(Part.FAILED, f"refused: {_denied(event)}")
            case "asking":
                yield Entry(Part.ASKED, f"{title}\n{stream.text(event, 'command')}")
            case "update":
                yield from _answered(stream.part(event, "update"))
            case "refused":
                yield Entry(Part.FAILED, stream.text(event, "message"))
            case _:
                pass


def _some(texts: Iterable[str]) -> list[str]:
    """Return the first of the texts, each once, and how many more there are."""
    found = list(dict.fromkeys(texts))
    more = len(found) - _LISTED
    return [*found[:_LISTED], f"and {more} more"] if more > 0 else found


def _denied(event: Object) -> str:
    wish = stream.text(event, "wish") or stream.text(event, "title")
    return f"{wish} ({stream.text(event, 'refusal')})"


def _answered(update: Object) -> Iterator[Entry]:
    """Give what a tool that has ended gave."""
    status = stream.text(update, "status")
    blocks = (stream.part(each, "content") for each in stream.parts(update, "content"))
    text = "\n".join(filter(None, (stream.text(block, "text") for block in blocks)))
    if status in ("completed", "failed") and text:
        yield telling.answered(text, failed=status == "failed")


def _ending(event: Object | None, refused: list[str], said: str) -> tuple[TurnResult, str]:
    if event is None:
        return TurnResult.UNKNOWN, SILENT
    if event["type"] == "refused":
        return _refused(event)
    if event["type"] == "gone":
        code = event.get("exit_code")
        crashed = isinstance(code, int) and code < 0
        reason = f"its agent ended in the middle of the turn (exit code {code})"
        return TurnResult.CRASHED if crashed else TurnResult.FAILED, reason
    stop = stream.text(stream.part(event, "result"), "stopReason")
    if stop != "end_turn":
        return TurnResult.FAILED, f"its agent stopped: {stop or 'without a reason'}"
    if refused:
        listed = ", ".join(refused)
        words = f": {said}" if said else ""
        return TurnResult.PERMISSION_DENIED, f"it was refused {listed}{words}"
    return TurnResult.DONE, ""


def _refused(event: Object) -> tuple[TurnResult, str]:
    """Return what an agent's error makes of the turn; the protocol has no words for most."""
    data = stream.part(event, "data")
    told = "; ".join(filter(None, (stream.text(event, "message"), *_details(data))))
    if event.get("code") == _LOGIN_NEEDED:
        return TurnResult.AUTHENTICATION, told
    if (kind := stream.text(data, "errorKind")) in _KINDS:
        return _KINDS[kind], told
    # The protocol's own codes are below 0; some agents use those of HTTP.
    status = stream.count(event, "code") or next(map(int, _STATUS.findall(told)), 0)
    return result_of_status(status), told


def _details(data: Object) -> Iterator[str]:
    """Give the texts of an error's data, which may be anything."""
    for name in sorted(data.keys() - {"errorKind"}):
        if text := stream.text(data, name):
            yield text
        elif number := stream.count(data, name):
            yield f"{name} {number}"


def _usage(ending: Object) -> Usage | None:
    used = stream.part(ending, "result", "usage")
    if not used:
        return None
    return Usage(
        uncached=stream.count(used, "inputTokens"),
        cache_read=stream.count(used, "cachedReadTokens"),
        cache_write=stream.count(used, "cachedWriteTokens"),
        output=stream.count(used, "outputTokens"),
    )
