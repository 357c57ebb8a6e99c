"""Qwen Code, driven headless: a fork of Gemini CLI whose events are like those of Claude Code.

Measured with version 0.24.4. Its usage is that of the session, and its input tokens include those
that a cache had. Its mode for edits writes anywhere, so it is told by rules where it may.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from agentrelay.agent.core.adapter import About, Account, AgentLaunch, TurnRequest
from agentrelay.agent.core.report import SILENT, Report, TurnResult, Usage
from agentrelay.agent.core.transcript import Entry
from agentrelay.agent.implementations import permits, stream, telling
from agentrelay.agent.implementations.programs import require_program, turn_environment
from agentrelay.agent.implementations.sessions import by_file, going_on
from agentrelay.agent.implementations.stream import Object
from agentrelay.agent.implementations.trouble import result_of_words

_ACCOUNT = Account(
    home="QWEN_HOME",
    folder=".qwen",
    login="oauth_creds.json",
    keys=("OPENAI_API_KEY", "DASHSCOPE_API_KEY"),
)

_KEPT = by_file(_ACCOUNT, "projects/*/chats/{}.jsonl")

_QUIET = {"QWEN_USAGE_STATISTICS_ENABLED": "false", "QWEN_TELEMETRY_ENABLED": "false"}

_PATIENCE = {"model": {"generationConfig": {"maxRetries": 0}}}
"""What holds where the user's settings say nothing: seven tries are left, of three times seven and,
where it is told of a limit, ten times that.
"""


class QwenAdapter:
    """Drives Qwen Code."""

    about = About(
        "qwen",
        program="qwen",
        package="the npm package @qwen-code/qwen-code",
        account=_ACCOUNT,
        variables=frozenset({_ACCOUNT.home, *_ACCOUNT.keys, "OPENAI_BASE_URL", "OPENAI_MODEL"}),
        resumes=True,
        reopens=("qwen", "--resume", "{}"),
        reports_totals=True,
        takes_mcp=True,
        prints_events=True,
    )

    def launch(self, request: TurnRequest) -> AgentLaunch:
        """Return the headless call, in the same session where that is still there."""
        argv = [*require_program(self.about, request), "--output-format", "stream-json"]
        if request.env.get("OPENAI_API_KEY"):
            # Without settings of the user it does not see by itself what the key is for.
            argv.append("--auth-type=openai")
        argv += ["--model", request.model] if request.model else []
        if request.bypass:
            argv.append("--approval-mode=yolo")
        else:
            # What is not allowed here is refused without a question.
            argv.append("--approval-mode=default")
            argv += [f"--allowed-tools={rule}" for rule in _allowed(request)]
        resumed, prompt = going_on(request, _KEPT, "--resume", "{}")
        argv += resumed
        defaults = request.scratch / "defaults.json"
        quiet = {**_QUIET, "QWEN_CODE_SYSTEM_DEFAULTS_PATH": str(defaults)}
        env = turn_environment(quiet, _ACCOUNT, request)
        files = {defaults: json.dumps({**_PATIENCE, **_servers(request)})}
        # It takes no prompt behind two dashes; joined to its option it is never one itself.
        return AgentLaunch((*argv, f"--prompt={prompt}"), env, files)

    def report(self, output: Path) -> Report | None:
        """Return what its ``result`` event says."""
        session, result = stream.session_and_result(output)
        if result is None:
            return Report(TurnResult.UNKNOWN, SILENT, session)
        said = stream.text(result, "result")[-stream.MAX_SAID :]
        kind, reason = _ending(result, said)
        denied = permits.denied_tools(result)
        return Report(kind, reason, session, _usage(result), said=said, denied=denied)

    def entries(self, event: Object) -> Iterable[Entry]:
        """Return what its messages tell, which say an error, too."""
        return telling.message(event)


def _servers(request: TurnRequest) -> dict[str, object]:
    """Return the setting of our MCP server, beside the user's; the variable is put in by it."""
    if request.mcp is None:
        return {}
    headers = {"Authorization": "Bearer ${AGENTRELAY_TOKEN}"}
    server = {"httpUrl": request.mcp, "headers": headers, "trust": True, "alwaysLoadTools": True}
    return {"mcpServers": {"agentrelay": server}}


def _allowed(request: TurnRequest) -> Iterator[str]:
    """Give its rules; two slashes begin an absolute path, and a comma would begin the next rule."""
    for folder in (request.worktree, *permits.own_folders(request)):
        yield f"Edit(/{folder}/**)"
        yield f"write_file(/{folder}/**)"
    for line in permits.beginnings(request):
        if "," not in line:
            yield f"run_shell_command({line})"


def _ending(result: Object, said: str) -> tuple[TurnResult, str]:
    if result.get("is_error") or result.get("subtype") != "success":
        told = stream.text(stream.part(result, "error"), "message") or said
        return result_of_words(told), told
    return permits.refused(permits.denied_tools(result), said) or (TurnResult.DONE, "")


def _usage(result: Object) -> Usage | None:
    used = stream.part(result, "usage")
    if not used:
        return None
    cached = stream.count(used, "cache_read_input_tokens")
    return Usage(
        uncached=max(0, stream.count(used, "input_tokens") - cached),
        cache_read=cached,
        output=stream.count(used, "output_tokens"),
    )
