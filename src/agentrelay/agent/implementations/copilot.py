"""GitHub Copilot CLI, driven headless: ``copilot --prompt`` with its event stream.

Measured with version 1.0.102 and a model provider of the user's own, which needs no GitHub login.
Its last event tells an exit code and no tokens; what went wrong stands in an event before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from agentrelay.agent.core.adapter import About, Account, AgentLaunch, TurnRequest
from agentrelay.agent.core.least import CHANGING_GIT
from agentrelay.agent.core.report import SILENT, Report, TurnResult, result_of_status
from agentrelay.agent.core.transcript import Entry, Part
from agentrelay.agent.implementations import permits, stream, telling
from agentrelay.agent.implementations.programs import require_program, turn_environment
from agentrelay.agent.implementations.sessions import by_file, going_on
from agentrelay.agent.implementations.stream import Object
from agentrelay.agent.implementations.trouble import result_of_words

_ACCOUNT = Account(
    home="COPILOT_HOME",
    folder=".copilot",
    # Its token lies in the system's keychain, where that is to be had.
    login="",
    keys=(
        "COPILOT_GITHUB_TOKEN",
        "COPILOT_PROVIDER_API_KEY",
        "COPILOT_PROVIDER_BEARER_TOKEN",
    ),
)

_KEPT = by_file(_ACCOUNT, "session-state/{}/events.jsonl")

_QUIET = {"COPILOT_AUTO_UPDATE": "false"}
_OPTIONS = ("--output-format=json", "--no-ask-user", "--disable-client-telemetry")

_BY_ERROR = {
    "authentication": TurnResult.AUTHENTICATION,
    "authorization": TurnResult.AUTHENTICATION,
    "rate_limit": TurnResult.RATE_LIMITED,
    "quota": TurnResult.RATE_LIMITED,
}


class CopilotAdapter:
    """Drives GitHub Copilot CLI."""

    about = About(
        "copilot",
        program="copilot",
        package="the npm package @github/copilot",
        account=_ACCOUNT,
        variables=frozenset(
            {
                _ACCOUNT.home,
                *_ACCOUNT.keys,
                "COPILOT_GH_HOST",
                "COPILOT_MODEL",
                "COPILOT_OFFLINE",
                "COPILOT_PROVIDER_BASE_URL",
                "COPILOT_PROVIDER_HEADERS",
                "COPILOT_PROVIDER_MODEL_ID",
                "COPILOT_PROVIDER_TYPE",
                "COPILOT_PROVIDER_WIRE_API",
                "COPILOT_PROVIDER_WIRE_MODEL",
            }
        ),
        resumes=True,
        reopens=("copilot", "--resume={}"),
        takes_mcp=True,
        prints_events=True,
    )

    def launch(self, request: TurnRequest) -> AgentLaunch:
        """Return the headless call, in the same session where that is still there."""
        argv = [*require_program(self.about, request), *_OPTIONS]
        argv += ["--model", request.model] if request.model else []
        argv += ["--allow-all"] if request.bypass else _permissions(request)
        argv += [] if request.mcp is None else _server(request.mcp)
        resumed, prompt = going_on(request, _KEPT, "--resume={}")
        argv += resumed
        env = turn_environment(_QUIET, _ACCOUNT, request)
        # It takes no prompt behind two dashes; joined to its option it is never one itself.
        return AgentLaunch((*argv, f"--prompt={prompt}"), env)

    def report(self, output: Path) -> Report | None:
        """Return what its ``result`` event says, and the error or the refusals before it."""
        session, said, error, result = None, "", None, None
        tools, denied = dict[str, str](), set[str]()
        for event in stream.objects(output):
            kind, data = event.get("type"), stream.part(event, "data")
            call = stream.text(data, "toolCallId")
            if kind == "assistant.message":
                said = stream.text(data, "content") or said
            elif kind == "tool.execution_start":
                tools[call] = stream.text(data, "toolName")
            elif kind == "tool.execution_complete":
                if stream.part(data, "error").get("code") == "denied":
                    denied.add(tools.get(call, "a tool"))
            elif kind == "session.error":
                error = data
            elif kind == "result":
                result = event
                session = stream.identifier(event, "sessionId")
        ending, reason = _ending(result, error, denied, said)
        told = said[-stream.MAX_SAID :]
        return Report(ending, reason, session, said=told, denied=tuple(sorted(denied)))

    def entries(self, event: Object) -> Iterable[Entry]:
        """Return what it says, what its tools do, and its error."""
        kind, data = event.get("type"), stream.part(event, "data")
        if kind == "assistant.message":
            return telling.said(stream.text(data, "content"))
        if kind == "tool.execution_start":
            return [telling.called(stream.text(data, "toolName"), stream.part(data, "arguments"))]
        if kind == "tool.execution_complete":
            told = stream.text(stream.part(data, "result"), "content").strip()
            refused = stream.text(stream.part(data, "error"), "message")
            return [telling.answered(told or refused, failed=data.get("success") is False)]
        if kind == "session.error":
            return [Entry(Part.FAILED, stream.text(data, "message"))]
        return ()


def _server(url: str) -> list[str]:
    """Return the options for our MCP server, beside the user's; the variable is put in by it."""
    headers = {"Authorization": "Bearer ${AGENTRELAY_TOKEN}"}
    server = {"type": "http", "url": url, "headers": headers, "tools": ["*"]}
    settings = json.dumps({"mcpServers": {"agentrelay": server}})
    return [f"--additional-mcp-config={settings}", "--allow-tool=agentrelay"]


def _permissions(request: TurnRequest) -> list[str]:
    """Return the options for the least that can do the work; all other requests are refused.

    It tells commands apart by their program alone, but for git's, and refuses one whose program or
    files lie elsewhere than in the folders that it is told.
    """
    bin_ = Path(request.env["AGENTRELAY_BIN"])
    editable = (request.worktree, *permits.own_folders(request))
    programs = dict.fromkeys([str(bin_), *permits.programs(request)])
    return [
        *(f"--add-dir={folder}" for folder in (*editable, *request.readable, bin_.parent)),
        *(f"--allow-tool=write({folder}/**)" for folder in editable),
        *(f"--allow-tool=shell(git {verb}:*)" for verb in (*CHANGING_GIT, *permits.READING)),
        *(f"--allow-tool=shell({program})" for program in programs),
    ]


def _ending(
    result: Object | None, error: Object | None, denied: set[str], said: str
) -> tuple[TurnResult, str]:
    if result is None:
        return TurnResult.UNKNOWN, SILENT
    if error is not None and result.get("exitCode") != 0:
        told = stream.text(error, "message")
        if status := stream.count(error, "statusCode"):
            return result_of_status(status), told
        return _BY_ERROR.get(stream.text(error, "errorType")) or result_of_words(told), told
    if result.get("exitCode") != 0:
        return TurnResult.FAILED, f"it reported the exit code {result.get('exitCode')}"
    return permits.refused(denied, said) or (TurnResult.DONE, "")
