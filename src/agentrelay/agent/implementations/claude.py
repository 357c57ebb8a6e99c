"""Claude Code, driven headless: ``claude -p`` with its event stream.

Measured with version 2.1.330. Its exit code lies (0 after every write was denied, and after SIGINT)
and ``subtype`` says success even of API errors. Cost and ``modelUsage`` are those of the session;
what ``--max-budget-usd`` bounds is what the call takes, without the turns of its session before.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from agentrelay.agent.core.adapter import About, Account, AgentLaunch, TurnRequest
from agentrelay.agent.core.least import CHANGING_GIT
from agentrelay.agent.core.report import SILENT, Report, TurnResult, Usage, result_of_status
from agentrelay.agent.core.transcript import Entry, Part
from agentrelay.agent.implementations import permits, stream, telling
from agentrelay.agent.implementations.programs import require_program, turn_environment
from agentrelay.agent.implementations.sessions import by_file, going_on
from agentrelay.agent.implementations.stream import Object
from agentrelay.errors import AgentError

_ACCOUNT = Account(
    home="CLAUDE_CONFIG_DIR",
    folder=".claude",
    login=".credentials.json",
    keys=("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
)

_KEPT = by_file(_ACCOUNT, "projects/*/{}.jsonl")

_QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    # Its own ten tries take three minutes, in which nobody can tell it from one that thinks.
    "CLAUDE_CODE_MAX_RETRIES": "3",
}


class ClaudeAdapter:
    """Drives Claude Code."""

    about = About(
        "claude",
        program="claude",
        package="the npm package @anthropic-ai/claude-code",
        account=_ACCOUNT,
        variables=frozenset(
            {
                _ACCOUNT.home,
                *_ACCOUNT.keys,
                "ANTHROPIC_BASE_URL",
                "ANTHROPIC_CUSTOM_HEADERS",
                "ANTHROPIC_DEFAULT_HAIKU_MODEL",
                "ANTHROPIC_DEFAULT_OPUS_MODEL",
                "ANTHROPIC_DEFAULT_SONNET_MODEL",
                "ANTHROPIC_MODEL",
                "CLAUDE_CODE_USE_BEDROCK",
                "CLAUDE_CODE_USE_VERTEX",
            }
        ),
        resumes=True,
        reopens=("claude", "--resume", "{}"),
        reports_cost=True,
        limits_cost=True,
        reports_totals=True,
        takes_mcp=True,
        prints_events=True,
    )

    def launch(self, request: TurnRequest) -> AgentLaunch:
        """Return the headless call, in the same session where that is still there."""
        argv = [*require_program(self.about, request), "-p"]
        argv += ["--output-format", "stream-json", "--verbose"]
        argv += ["--model", request.model] if request.model else []
        argv += _permissions(request)
        if request.mcp is not None:
            argv += ["--mcp-config", _server(request.mcp)]
        if request.cost_limit is not None:
            argv += ["--max-budget-usd", f"{request.cost_limit:g}"]
        resumed, prompt = going_on(request, _KEPT, "--resume", "{}")
        argv += resumed
        env = turn_environment(_QUIET, _ACCOUNT, request)
        # Behind the two dashes a prompt is none of its options, whatever it begins with.
        return AgentLaunch((*argv, "--", prompt), env)

    def report(self, output: Path) -> Report | None:
        """Return what its last ``result`` event says."""
        session, result, until = None, None, None
        for event in stream.objects(output):
            session = stream.identifier(event, "session_id") or session
            if event.get("type") == "result":
                result = event
            elif event.get("type") == "rate_limit_event":
                until = _until(stream.part(event, "rate_limit_info"))
        if result is None:
            return Report(TurnResult.UNKNOWN, SILENT, session)
        kind, reason = _ending(result)
        return Report(
            result=kind,
            reason=reason,
            session=session,
            usage=_usage(result),
            cost=stream.amount(result, "total_cost_usd"),
            until=until if kind is TurnResult.RATE_LIMITED else None,
            said=stream.text(result, "result")[-stream.MAX_SAID :],
            denied=permits.denied_tools(result),
        )

    def entries(self, event: Object) -> Iterable[Entry]:
        """Return what its messages tell, and the errors of its end that none of them told."""
        yield from telling.message(event)
        if event.get("type") == "result":
            yield from (Entry(Part.FAILED, text) for text in stream.texts(event, "errors"))


def _server(url: str) -> str:
    """Return the settings of our MCP server, beside the user's; the variable is put in by it."""
    headers = {"Authorization": "Bearer ${AGENTRELAY_TOKEN}"}
    # Not loaded, its tools would be found by those only that search for them.
    server = {"type": "http", "url": url, "headers": headers, "alwaysLoad": True}
    return json.dumps({"mcpServers": {"agentrelay": server}})


def _permissions(request: TurnRequest) -> list[str]:
    """Return the options for the least that can do the work, or for everything."""
    if request.bypass:
        if os.geteuid() == 0 and "IS_SANDBOX" not in request.env:
            message = "claude does not bypass its permissions for root"
            hint = "run as another user; or, inside a container, env: {IS_SANDBOX: '1'}"
            raise AgentError(message, hint=hint)
        return ["--dangerously-skip-permissions"]
    settings = {
        "permissions": {
            "allow": list(_allowed(request)),
            "additionalDirectories": [str(request.worktree)],
        }
    }
    # What is not allowed here is denied without a question, which nobody could answer.
    return ["--permission-mode", "dontAsk", "--settings", json.dumps(settings)]


def _allowed(request: TurnRequest) -> Iterator[str]:
    """Give permission rules; two slashes begin an absolute path in them."""
    for folder in (request.worktree, *request.writable):
        yield f"Edit(/{folder}/**)"
    for folder in (request.worktree, *request.writable, *request.readable):
        yield f"Read(/{folder}/**)"
    # Git commands that only read need no permission.
    for verb in CHANGING_GIT:
        yield f"Bash(git {verb}:*)"
    yield f"Bash({permits.calls(request)}:*)"
    if request.mcp is not None:
        yield "mcp__agentrelay"
    for command in request.commands:
        if isinstance(command, str):
            yield f"Bash({command})"
        else:
            yield f"Bash({shlex.join(command)}:*)"


def _ending(result: Object) -> tuple[TurnResult, str]:
    said = stream.text(result, "result")
    told = ", ".join(stream.texts(result, "errors")) or said
    if status := stream.count(result, "api_error_status"):
        return result_of_status(status), told
    if result.get("terminal_reason") == "api_error":
        return TurnResult.OVERLOADED, told
    if result.get("subtype") == "error_max_budget_usd":
        return TurnResult.BUDGET, told
    if result.get("is_error") or result.get("subtype") != "success":
        return TurnResult.FAILED, told
    return _denied(result, said) or (TurnResult.DONE, "")


def _until(limit: Object) -> float | None:
    """Return when a subscription's limit ends; it is also told while there is some of it left."""
    return stream.amount(limit, "resetsAt") if limit.get("status") == "rejected" else None


def _denied(result: Object, said: str) -> tuple[TurnResult, str] | None:
    """Return what the denials of a turn make of it where the agent makes no call beside them."""
    denied = permits.denied_tools(result)
    if "AskUserQuestion" in denied:
        return TurnResult.NEEDS_INPUT, f"it asked what nobody could answer: {said}"
    return permits.refused(denied, said)


def _usage(result: Object) -> Usage | None:
    """Return the sum over all models that worked for the turn."""
    by_model = stream.part(result, "modelUsage")
    used = [stream.part(by_model, model) for model in by_model]
    if not used:
        return None
    return Usage(
        uncached=sum(stream.count(each, "inputTokens") for each in used),
        cache_read=sum(stream.count(each, "cacheReadInputTokens") for each in used),
        cache_write=sum(stream.count(each, "cacheCreationInputTokens") for each in used),
        output=sum(stream.count(each, "outputTokens") for each in used),
    )
