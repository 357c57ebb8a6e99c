"""Aider, driven headless: ``aider --message``, which edits and commits by itself.

Measured with version 0.86.2. Its model has no shell and so makes no calls to us. It prints text
alone, and ends with 0 whatever its service answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from agentrelay.agent.core.adapter import About, Account, AgentLaunch, Provider, TurnRequest
from agentrelay.agent.core.report import SILENT, Report, TurnResult
from agentrelay.agent.core.transcript import Entry
from agentrelay.agent.implementations import stream
from agentrelay.agent.implementations.programs import require_program, unset
from agentrelay.agent.implementations.trouble import result_of_words
from agentrelay.errors import AgentError

_PROVIDERS = (
    Provider("anthropic", ("ANTHROPIC_API_KEY",), ("claude*", "sonnet", "opus", "haiku")),
    Provider("deepseek", ("DEEPSEEK_API_KEY",), ("deepseek", "r1")),
    Provider("gemini", ("GEMINI_API_KEY",), ("gemini*", "flash*")),
    Provider("openai", ("OPENAI_API_KEY",), ("gpt-*", "chatgpt-*", "o[134]*", "4*", "3*")),
    Provider("openrouter", ("OPENROUTER_API_KEY",), ("optimus", "quasar")),
)
"""The services that it has keys for, with its own short names for their models."""

_ACCOUNT = Account(
    home="",
    folder="",
    login=".aider.conf.yml",
    keys=tuple(key for each in _PROVIDERS for key in each.keys),
    providers=_PROVIDERS,
    model="AIDER_MODEL",
)

_QUIET = {
    "AIDER_ANALYTICS": "false",
    "AIDER_CHECK_UPDATE": "false",
    "AIDER_SHOW_RELEASE_NOTES": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}

_OPTIONS = (
    *("--yes-always", "--no-suggest-shell-commands", "--no-detect-urls", "--no-gitignore"),
    *("--no-pretty", "--no-fancy-input", "--no-stream", "--no-show-model-warnings"),
    # In the worktree they would be litter; the map of the repository has a cache there.
    *("--chat-history-file=/dev/null", "--input-history-file=/dev/null", "--map-tokens=0"),
)
"""It may edit and commit; what it would ask before it runs something is answered with no."""

_ANSWERED = re.compile(rb"Tokens: .* received\.(?: Cost: \$(\d+(?:\.\d+)?) message)?")
_FAILED = re.compile(rb"litellm\.(\w+): (.*)")

_BY_ERROR = {
    "AuthenticationError": TurnResult.AUTHENTICATION,
    "PermissionDeniedError": TurnResult.AUTHENTICATION,
    "RateLimitError": TurnResult.RATE_LIMITED,
    "APIConnectionError": TurnResult.OVERLOADED,
    "InternalServerError": TurnResult.OVERLOADED,
    "ServiceUnavailableError": TurnResult.OVERLOADED,
    "Timeout": TurnResult.OVERLOADED,
}


class AiderAdapter:
    """Drives aider."""

    about = About(
        "aider",
        program="aider",
        package="the Python package aider-chat",
        account=_ACCOUNT,
        variables=frozenset({*_ACCOUNT.keys, "AIDER_MODEL", "OPENAI_API_BASE"}),
        reports_cost=True,
    )

    def launch(self, request: TurnRequest) -> AgentLaunch:
        """Return the call, which knows of no earlier one. AgentError where it is to be isolated."""
        if request.home is not None:
            message = "aider has no configuration folder that could be another one"
            raise AgentError(message, hint="leave `isolated` out, or use another agent")
        argv = [*require_program(self.about, request), *_OPTIONS]
        argv += ["--model", request.model] if request.model else []
        # It reads no words behind two dashes; joined to its option it is never one itself.
        argv.append(f"--message={request.prompt}")
        return AgentLaunch(tuple(argv), unset(_QUIET, request.env))

    def report(self, output: Path) -> Report | None:
        """Return what its last answer or its last error says; what it cost is their sum."""
        result, reason, cost = TurnResult.UNKNOWN, SILENT, 0.0
        for line in stream.lines(output):
            if answered := _ANSWERED.match(line):
                result, reason = TurnResult.DONE, ""
                cost += float(answered[1] or 0)
            elif failed := _FAILED.match(line):
                reason = failed[0].decode("utf-8", "replace")[: stream.MAX_SAID]
                result = _BY_ERROR.get(failed[1].decode()) or result_of_words(reason)
        # A price of nothing is that of a model whose price it does not know.
        return Report(result, reason, cost=cost or None)

    def entries(self, event: Mapping[str, object]) -> Iterable[Entry]:
        """Return nothing: it prints no events."""
        del event
        return ()
