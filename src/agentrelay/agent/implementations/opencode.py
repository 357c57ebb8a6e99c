"""Opencode, driven headless: ``opencode run --format json``.

Measured with version 1.18.33. Its stream has no last word: it ends with the last step, or with an
error. What it would ask about is refused in this mode, and it ends with 0 all the same.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from agentrelay.agent.core.adapter import About, Account, AgentLaunch, Provider, TurnRequest
from agentrelay.agent.core.report import SILENT, Report, TurnResult, Usage, result_of_status
from agentrelay.agent.core.transcript import Entry, Part
from agentrelay.agent.implementations import permits, stream, telling
from agentrelay.agent.implementations.programs import home_of, require_program
from agentrelay.agent.implementations.sessions import going_on
from agentrelay.agent.implementations.stream import Object
from agentrelay.agent.implementations.trouble import result_of_words

_PROVIDERS = (
    Provider("opencode", ("OPENCODE_API_KEY",)),
    Provider("anthropic", ("ANTHROPIC_API_KEY",)),
    Provider("deepseek", ("DEEPSEEK_API_KEY",)),
    Provider("google", ("GOOGLE_GENERATIVE_AI_API_KEY", "GEMINI_API_KEY")),
    Provider("groq", ("GROQ_API_KEY",)),
    Provider("mistral", ("MISTRAL_API_KEY",)),
    Provider("openai", ("OPENAI_API_KEY",)),
    Provider("openrouter", ("OPENROUTER_API_KEY",)),
    Provider("xai", ("XAI_API_KEY",)),
)
_ACCOUNT = Account(
    home="XDG_DATA_HOME",
    folder=".local/share",
    login="opencode/auth.json",
    keys=tuple(key for each in _PROVIDERS for key in each.keys),
    providers=_PROVIDERS,
)

_FOLDERS = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
"""Where it keeps configuration, login and sessions; an isolated one has its own."""

_FROM_FILE = ("sh", "-c", 'exec 0<"$0"; exec "$@"')
"""Opens the file behind it as the program's input; of an argument it would escape the quotes."""

_QUIET = {"autoupdate": False, "share": "disabled"}
_READING = ("read", "glob", "grep", "list", "lsp", "todowrite", "todoread", "task", "skill")

_REFUSED = re.compile(r"specified a rule which prevents|rejected permission", re.IGNORECASE)


class OpencodeAdapter:
    """Drives opencode."""

    about = About(
        "opencode",
        program="opencode",
        package="the npm package opencode-ai",
        account=_ACCOUNT,
        variables=frozenset(
            {
                *_FOLDERS,
                *_ACCOUNT.keys,
                "OPENCODE_CONFIG",
                "OPENCODE_CONFIG_DIR",
                "OPENCODE_MODELS_URL",
            }
        ),
        resumes=True,
        reopens=("opencode", "--session", "{}"),
        reports_cost=True,
        takes_mcp=True,
        prints_events=True,
    )

    def launch(self, request: TurnRequest) -> AgentLaunch:
        """Return the headless call, in the same session where that is still there."""
        argv = [*_FROM_FILE, str(request.scratch / "prompt.md")]
        argv += [*require_program(self.about, request), "run", "--format", "json"]
        # It believes $PWD before the folder that it is started in.
        argv += ["--dir", str(request.cwd)]
        argv += ["--model", request.model] if request.model else []
        argv += ["--auto"] if request.bypass else []
        resumed, prompt = going_on(request, _is_kept, "--session", "{}")
        argv += resumed
        settings: dict[str, object] = {**_QUIET, **_servers(request)}
        settings |= {} if request.bypass else {"permission": _permissions(request)}
        env = {"OPENCODE_CONFIG_CONTENT": json.dumps(settings)}
        if request.home is not None:
            env |= {name: str(request.home / name.lower()) for name in _FOLDERS}
        return AgentLaunch(tuple(argv), env, {request.scratch / "prompt.md": prompt})

    def report(self, output: Path) -> Report | None:
        """Return what its last step or its error says; what it took is the sum of its steps."""
        seen = _Seen()
        for event in stream.objects(output):
            seen.take(event)
        result, reason = seen.ending()
        said = seen.said[-stream.MAX_SAID :]
        # A price of nothing is that of a model whose price it does not know.
        denied, cost = tuple(sorted(seen.denied)), seen.cost or None
        return Report(result, reason, seen.session, seen.usage, cost, said=said, denied=denied)

    def entries(self, event: Object) -> Iterable[Entry]:
        """Return what it says, what its tools did, and its error."""
        kind, inner = event.get("type"), stream.part(event, "part")
        if kind == "text":
            yield from telling.said(stream.text(inner, "text"))
        elif kind == "tool_use":
            tool, state = stream.text(inner, "tool"), stream.part(inner, "state")
            yield telling.called(tool, stream.part(state, "input"))
            told = stream.text(state, "output") or stream.text(state, "error")
            yield telling.answered(told, tool, failed=state.get("status") == "error")
        elif kind == "error":
            yield Entry(Part.FAILED, _trouble(stream.part(event, "error"))[1])


@dataclass
class _Seen:
    """What a stream has said so far."""

    session: str | None = None
    usage: Usage | None = None
    cost: float = 0.0
    said: str = ""
    denied: set[str] = field(default_factory=set[str])
    last: Object = field(default_factory=dict[str, object])

    def take(self, event: Object) -> None:
        """Take in the next event."""
        kind, inner = event.get("type"), stream.part(event, "part")
        self.session = stream.identifier(event, "sessionID") or self.session
        if kind == "text":
            self.said = stream.text(inner, "text")
        elif kind == "tool_use" and _REFUSED.search(
            stream.text(stream.part(inner, "state"), "error")
        ):
            self.denied.add(stream.text(inner, "tool"))
        elif kind == "step_finish":
            self.usage = _sum(self.usage or Usage(), stream.part(inner, "tokens"))
            self.cost += stream.amount(inner, "cost") or 0.0
        if kind in ("step_start", "step_finish", "error"):
            self.last = event

    def ending(self) -> tuple[TurnResult, str]:
        """Return what the turn came to."""
        if self.last.get("type") == "error":
            return _trouble(stream.part(self.last, "error"))
        finished = self.last.get("type") == "step_finish"
        if not finished or stream.part(self.last, "part").get("reason") == "tool-calls":
            return TurnResult.UNKNOWN, SILENT
        return permits.refused(self.denied, self.said) or (TurnResult.DONE, "")


def _servers(request: TurnRequest) -> dict[str, object]:
    """Return the setting of our MCP server, beside the user's; the variable is put in by it."""
    if request.mcp is None:
        return {}
    headers = {"Authorization": "Bearer {env:AGENTRELAY_TOKEN}"}
    server = {"type": "remote", "url": request.mcp, "headers": headers, "oauth": False}
    return {"mcp": {"agentrelay": server}}


def _permissions(request: TurnRequest) -> dict[str, object]:
    """Return the rules for the least that can do the work; of those that match, the last counts."""
    # A file is named from the top of the worktree, so two dots lead out of it.
    edit = {"*": "allow", "../*": "deny"}
    for folder in permits.own_folders(request):
        edit[f"{os.path.relpath(folder, request.worktree)}/*"] = "allow"
    bash = {"*": "deny"}
    for beginning in permits.beginnings(request):
        bash |= {beginning: "allow", f"{beginning} *": "allow"}
    return {
        "*": "deny",
        **({} if request.mcp is None else {"agentrelay_*": "allow"}),
        **dict.fromkeys(_READING, "allow"),
        "edit": edit,
        "external_directory": {"*": "deny", **{f"{each}/*": "allow" for each in request.readable}},
        "bash": bash,
    }


def _trouble(error: Object) -> tuple[TurnResult, str]:
    data = stream.part(error, "data")
    told = stream.text(data, "message") or stream.text(error, "name")
    if status := stream.count(data, "statusCode"):
        return result_of_status(status), told
    if error.get("name") == "ProviderAuthError":
        return TurnResult.AUTHENTICATION, told
    return result_of_words(told), told


def _sum(before: Usage, tokens: Object) -> Usage:
    """Return the usage with that of a step; its output comes without its thoughts."""
    return Usage(
        uncached=before.uncached + stream.count(tokens, "input"),
        cache_read=before.cache_read + stream.count(stream.part(tokens, "cache"), "read"),
        cache_write=before.cache_write + stream.count(stream.part(tokens, "cache"), "write"),
        output=before.output + stream.count(tokens, "output") + stream.count(tokens, "reasoning"),
    )


def _is_kept(request: TurnRequest, session: str) -> bool:
    home = request.home / "xdg_data_home" if request.home else home_of(_ACCOUNT, request.env)
    database = home / "opencode" / "opencode.db"
    try:
        with closing(
            sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        ) as opened:
            found = opened.execute("SELECT 1 FROM session WHERE id = ?", (session,)).fetchone()
    except sqlite3.Error:
        return False
    return found is not None
