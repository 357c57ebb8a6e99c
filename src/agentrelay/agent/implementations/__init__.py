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


ADAPTERS: Mapping[str, Callable[[], AgentAdapter]] = MappingProxyType(
    {"acp": _acp, "claude": _claude, "codex": _codex, "command": _command}
)

PLANNED = frozenset({"opencode", "gemini", "copilot", "qwen", "aider"})
"""Names that the graph format knows and that this version can't drive yet."""


def require_adapter(name: str) -> AgentAdapter:
    """Return the adapter called ``name``; UnknownNameError, which names those that exist."""
    if name in ADAPTERS:
        return ADAPTERS[name]()
    available = ", ".join(sorted(ADAPTERS))
    if name in PLANNED:
        message = f'the agent adapter "{name}" comes with a later version of agentrelay'
        hint = f"available now: {available}; its program can be run through the command adapter"
        raise UnknownNameError(message, hint=hint)
    near = difflib.get_close_matches(name, [*ADAPTERS, *PLANNED], 1)
    guess = f'did you mean "{near[0]}"? ' if near else ""
    raise UnknownNameError(f'unknown agent adapter "{name}"', hint=f"{guess}available: {available}")
