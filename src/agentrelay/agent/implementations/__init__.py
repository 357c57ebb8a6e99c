"""The agent adapters: one table of names, one module an agent, loaded when it is asked for."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from agentrelay.agent.core.adapter import AgentAdapter
from agentrelay.errors import UnknownNameError


def _acp() -> AgentAdapter:
    from agentrelay.agent.implementations.acp import AcpAdapter  # noqa: PLC0415 - lazy on purpose

    return AcpAdapter()


def _aider() -> AgentAdapter:
    from agentrelay.agent.implementations.aider import (  # noqa: PLC0415 - likewise
        AiderAdapter,
    )

    return AiderAdapter()


def _command() -> AgentAdapter:
    from agentrelay.agent.implementations.command import (  # noqa: PLC0415 - lazy on purpose
        CommandAdapter,
    )

    return CommandAdapter()


def _claude() -> AgentAdapter:
    from agentrelay.agent.implementations.claude import ClaudeAdapter  # noqa: PLC0415 - likewise

    return ClaudeAdapter()


def _codex() -> AgentAdapter:
    from agentrelay.agent.implementations.codex import CodexAdapter  # noqa: PLC0415 - likewise

    return CodexAdapter()


def _copilot() -> AgentAdapter:
    from agentrelay.agent.implementations.copilot import CopilotAdapter  # noqa: PLC0415 - likewise

    return CopilotAdapter()


def _gemini() -> AgentAdapter:
    from agentrelay.agent.implementations.gemini import GeminiAdapter  # noqa: PLC0415 - likewise

    return GeminiAdapter()


def _opencode() -> AgentAdapter:
    from agentrelay.agent.implementations.opencode import (  # noqa: PLC0415 - likewise
        OpencodeAdapter,
    )

    return OpencodeAdapter()


def _qwen() -> AgentAdapter:
    from agentrelay.agent.implementations.qwen import QwenAdapter  # noqa: PLC0415 - likewise

    return QwenAdapter()


ADAPTERS: Mapping[str, Callable[[], AgentAdapter]] = MappingProxyType(
    {
        "acp": _acp,
        "aider": _aider,
        "claude": _claude,
        "codex": _codex,
        "command": _command,
        "copilot": _copilot,
        "gemini": _gemini,
        "opencode": _opencode,
        "qwen": _qwen,
    }
)


def require_adapter(name: str) -> AgentAdapter:
    """Return the adapter called ``name``; UnknownNameError, which names those that exist."""
    if name in ADAPTERS:
        return ADAPTERS[name]()
    available = ", ".join(sorted(ADAPTERS))
    near = difflib.get_close_matches(name, ADAPTERS, 1)
    guess = f'did you mean "{near[0]}"? ' if near else ""
    raise UnknownNameError(f'unknown agent adapter "{name}"', hint=f"{guess}available: {available}")
