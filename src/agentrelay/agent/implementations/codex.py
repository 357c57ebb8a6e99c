"""Codex CLI, driven headless: ``codex exec --json``.

Measured with version 0.169.0. The usage that it reports is that of the whole thread, earlier turns
included, and its input tokens include those that a cache had.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from agentrelay.agent.core.adapter import About, Account, AgentLaunch, TurnRequest
from agentrelay.agent.core.report import SILENT, Report, TurnResult, Usage
from agentrelay.agent.core.transcript import Entry, Part
from agentrelay.agent.implementations import stream, telling
from agentrelay.agent.implementations.programs import require_program
from agentrelay.agent.implementations.sessions import by_file, going_on
from agentrelay.agent.implementations.stream import Object
from agentrelay.agent.implementations.trouble import result_of_words

_ACCOUNT = Account(
    home="CODEX_HOME",
    folder=".codex",
    login="auth.json",
    keys=("CODEX_API_KEY", "OPENAI_API_KEY"),
)

_KEPT = by_file(_ACCOUNT, "sessions/*/*/*/*{}*")

_QUIET = (
    # A login shell forgets our PATH on many systems.
    "allow_login_shell=false",
    "check_for_update_on_startup=false",
    "analytics.enabled=false",
)


class CodexAdapter:
    """Drives Codex."""

    about = About(
        "codex",
        program="codex",
        package="the npm package @openai/codex",
        account=_ACCOUNT,
        variables=frozenset({_ACCOUNT.home, *_ACCOUNT.keys, "OPENAI_BASE_URL"}),
        resumes=True,
        reopens=("codex", "resume", "{}"),
        reports_totals=True,
        takes_mcp=True,
        prints_events=True,
    )

    def launch(self, request: TurnRequest) -> AgentLaunch:
        """Return the headless call, in the same thread where that is still there."""
        argv = [*require_program(self.about, request), "exec", "--json"]
        for setting in (*_QUIET, *_roots(request), *_server(request)):
            argv += ["-c", setting]
        argv += ["-m", request.model] if request.model else []
        if request.bypass:
            argv.append("--dangerously-bypass-approvals-and-sandbox")
        else:
            argv += ["-s", "workspace-write"]
        resumed, prompt = going_on(request, _KEPT, "resume", "{}")
        argv += resumed
        env = {} if request.home is None else {_ACCOUNT.home: str(request.home)}
        return AgentLaunch((*argv, "--", prompt), env)

    def report(self, output: Path) -> Report | None:
        """Return what the end of its last turn says."""
        session, said, ending, usage = None, "", None, None
        for event in stream.objects(output):
            kind = event.get("type")
            if kind == "thread.started":
                session = stream.identifier(event, "thread_id") or session
            elif kind == "item.completed":
                said = _words(event) or said
            elif kind in ("turn.completed", "turn.failed"):
                ending = event
                usage = _usage(event) or usage
        result, reason = _ending(ending)
        return Report(result, reason, session, usage, said=said[-stream.MAX_SAID :])

    def entries(self, event: Object) -> Iterable[Entry]:
        """Return what its items, and an end that is an error, tell."""
        kind, item = event.get("type"), stream.part(event, "item")
        if kind == "item.started" and item.get("type") == "command_execution":
            return [telling.called("shell", item)]
        if kind == "item.completed":
            return _told(item)
        if kind == "turn.failed":
            return [Entry(Part.FAILED, stream.text(stream.part(event, "error"), "message"))]
        return ()


def _told(item: Object) -> Iterator[Entry]:
    """Give the entries of an item that is complete."""
    failed = item.get("status") == "failed"
    match item.get("type"):
        case "agent_message":
            yield from telling.said(stream.text(item, "text"))
        case "reasoning":
            yield Entry(Part.THOUGHT, stream.text(item, "text"))
        case "command_execution":
            output, failed = stream.text(item, "aggregated_output"), bool(item.get("exit_code"))
            yield telling.answered(output, "shell", failed=failed)
        case "file_change":
            changes = (
                f"{stream.text(each, 'kind')} {stream.text(each, 'path')}"
                for each in stream.parts(item, "changes")
            )
            yield Entry(Part.FAILED if failed else Part.CALLED, ", ".join(changes), "edit")
        case "mcp_tool_call":
            yield telling.called(stream.text(item, "tool"), stream.part(item, "arguments"))
        case "error":
            yield Entry(Part.FAILED, stream.text(item, "message"))
        case _:
            pass


def _server(request: TurnRequest) -> list[str]:
    """Return the settings of our MCP server, beside the user's."""
    if request.mcp is None:
        return []
    url = f"mcp_servers.agentrelay.url={json.dumps(request.mcp)}"
    return [url, 'mcp_servers.agentrelay.bearer_token_env_var="AGENTRELAY_TOKEN"']


def _roots(request: TurnRequest) -> list[str]:
    """Return what its sandbox must let the work write to, beside the current folder."""
    if request.bypass:
        return []
    roots = [str(folder) for folder in (request.worktree, *request.writable)]
    # A list of texts reads the same in TOML as in JSON.
    return [f"sandbox_workspace_write.writable_roots={json.dumps(roots, ensure_ascii=False)}"]


def _words(event: Object) -> str:
    item = stream.part(event, "item")
    return stream.text(item, "text") if item.get("type") == "agent_message" else ""


def _ending(event: Object | None) -> tuple[TurnResult, str]:
    if event is None:
        return TurnResult.UNKNOWN, SILENT
    if event.get("type") == "turn.completed":
        return TurnResult.DONE, ""
    told = stream.text(stream.part(event, "error"), "message")
    return result_of_words(told), told


def _usage(event: Object) -> Usage | None:
    used = stream.part(event, "usage")
    if not used:
        return None
    cached, written = (
        stream.count(used, name) for name in ("cached_input_tokens", "cache_write_input_tokens")
    )
    return Usage(
        uncached=max(0, stream.count(used, "input_tokens") - cached - written),
        cache_read=cached,
        cache_write=written,
        output=stream.count(used, "output_tokens"),
    )
