"""Gemini CLI, driven headless: ``gemini --prompt`` with its event stream.

Measured with version 0.61.0. Without a policy it leaves out its shell and ends with 0 all the same.
Its exit code is the HTTP status modulo 256, and the usage that it reports is that of the turn.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from agentrelay.agent.core.adapter import About, Account, AgentLaunch, TurnRequest
from agentrelay.agent.core.report import SILENT, Report, TurnResult, Usage
from agentrelay.agent.core.transcript import Entry, Part
from agentrelay.agent.implementations import permits, stream, telling
from agentrelay.agent.implementations.programs import require_program, turn_environment
from agentrelay.agent.implementations.sessions import by_file, going_on
from agentrelay.agent.implementations.stream import Object
from agentrelay.agent.implementations.trouble import result_of_words

_ACCOUNT = Account(
    home="GEMINI_CLI_HOME",
    folder="",
    login=".gemini/oauth_creds.json",
    keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
)

_KEPT = by_file(_ACCOUNT, ".gemini/tmp/*/chats/session-*-{:.8}.json*")

_QUIET = {"GEMINI_TELEMETRY_ENABLED": "false"}

_OWN_SETTINGS = {
    "general": {"enableAutoUpdate": False, "maxAttempts": 3},
    "privacy": {"usageStatisticsEnabled": False},
    "security": {"auth": {"selectedType": "gemini-api-key"}},
}
"""The settings of an isolated one: it has a key, and no user who could choose."""

_PRIORITY = 900
"""Of our rules among the user's own, of which 999 is the highest."""


class GeminiAdapter:
    """Drives Gemini CLI."""

    about = About(
        "gemini",
        program="gemini",
        package="the npm package @google/gemini-cli",
        account=_ACCOUNT,
        variables=frozenset(
            {
                _ACCOUNT.home,
                *_ACCOUNT.keys,
                "GEMINI_MODEL",
                "GOOGLE_APPLICATION_CREDENTIALS",
                "GOOGLE_CLOUD_LOCATION",
                "GOOGLE_CLOUD_PROJECT",
                "GOOGLE_GEMINI_BASE_URL",
                "GOOGLE_GENAI_USE_GCA",
                "GOOGLE_GENAI_USE_VERTEXAI",
                "GOOGLE_VERTEX_BASE_URL",
            }
        ),
        resumes=True,
        takes_mcp=True,
        reopens=("gemini", "--resume", "{}"),
        prints_events=True,
    )

    def launch(self, request: TurnRequest) -> AgentLaunch:
        """Return the headless call, in the same session where that is still there."""
        argv = [*require_program(self.about, request), "--output-format", "stream-json"]
        # For this session only: nobody could answer whether the worktree is trusted.
        argv += ["--skip-trust"]
        argv += ["--model", request.model] if request.model else []
        argv += [f"--include-directories={folder}" for folder in _further_folders(request)]
        files: dict[Path, str] = {}
        if request.bypass:
            argv.append("--approval-mode=yolo")
        else:
            policy = request.scratch / "policy.toml"
            files[policy] = _policy(request)
            argv += ["--approval-mode=auto_edit", "--policy", str(policy)]
        resumed, prompt = going_on(request, _KEPT, "--resume", "{}")
        argv += resumed
        env = turn_environment(_QUIET, _ACCOUNT, request)
        if request.home is not None:
            settings = {**_OWN_SETTINGS, **_servers(request)}
            files[request.home / ".gemini" / "settings.json"] = json.dumps(settings)
        # It takes no prompt behind two dashes; joined to its option it is never one itself.
        return AgentLaunch((*argv, f"--prompt={prompt}"), env, files)

    def report(self, output: Path) -> Report | None:
        """Return what its ``result`` event says, and what its policy kept the agent from."""
        session, said, denied, result = None, "", set[str](), None
        tools: dict[str, str] = {}
        for event in stream.objects(output):
            kind = event.get("type")
            session = stream.identifier(event, "session_id") or session
            if kind == "message" and event.get("role") == "assistant":
                said += stream.text(event, "content")
            elif kind == "tool_use":
                said = ""
                tools[stream.text(event, "tool_id")] = stream.text(event, "tool_name")
            elif stream.part(event, "error").get("type") == "policy_violation":
                denied.add(tools.get(stream.text(event, "tool_id"), "a tool"))
            elif kind == "result":
                result = event
        said = said[-stream.MAX_SAID :]
        if result is None:
            return Report(TurnResult.UNKNOWN, SILENT, session, said=said)
        ending, reason = _ending(result, denied, said)
        usage, refused = _usage(result), tuple(sorted(denied))
        return Report(ending, reason, session, usage, said=said, denied=refused)

    def entries(self, event: Object) -> Iterable[Entry]:
        """Return what it says, what its tools do, and an end that is an error."""
        kind = event.get("type")
        if kind == "message" and event.get("role") == "assistant":
            return telling.said(stream.text(event, "content"))
        if kind == "tool_use":
            tool = stream.text(event, "tool_name")
            return [telling.called(tool, stream.part(event, "parameters"))]
        if kind == "tool_result" and (told := stream.text(event, "output")):
            return [telling.answered(told, failed=event.get("status") == "error")]
        if told := stream.text(stream.part(event, "error"), "message"):
            return [Entry(Part.FAILED, told)]
        return ()


def _servers(request: TurnRequest) -> dict[str, object]:
    """Return the setting of our MCP server; the variable is put in by it.

    It reads one from settings files alone, and ours is only the one of an isolated agent.
    """
    if request.mcp is None:
        return {}
    headers = {"Authorization": "Bearer ${AGENTRELAY_TOKEN}"}
    server = {"httpUrl": request.mcp, "headers": headers, "trust": True}
    return {"mcpServers": {"agentrelay": server}}


def _further_folders(request: TurnRequest) -> list[Path]:
    """Return where it may work beside its current folder: git's own data stays git's."""
    folders = [request.worktree] if request.worktree != request.cwd else []
    return [*folders, *permits.own_folders(request)]


def _policy(request: TurnRequest) -> str:
    """Return its policy: edits are allowed by the mode already, this is for its shell."""
    lines = json.dumps(list(permits.beginnings(request)), ensure_ascii=False)
    return (
        f'[[rule]]\ntoolName = "run_shell_command"\ncommandPrefix = {lines}\n'
        f'decision = "allow"\npriority = {_PRIORITY}\n'
        # The mode would let it fetch what it likes.
        f'\n[[rule]]\ntoolName = "web_fetch"\ndecision = "deny"\npriority = {_PRIORITY}\n'
    )


def _ending(result: Object, denied: set[str], said: str) -> tuple[TurnResult, str]:
    if result.get("status") != "success":
        told = stream.text(stream.part(result, "error"), "message")
        return result_of_words(told), told
    return permits.refused(denied, said) or (TurnResult.DONE, "")


def _usage(result: Object) -> Usage | None:
    used = stream.part(result, "stats")
    if not used:
        return None
    # Its total has the thoughts, which are paid as output and named nowhere else.
    more = stream.count(used, "total_tokens") - stream.count(used, "input_tokens")
    return Usage(
        uncached=stream.count(used, "input"),
        cache_read=stream.count(used, "cached"),
        output=max(stream.count(used, "output_tokens"), more),
    )
