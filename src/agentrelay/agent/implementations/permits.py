"""What a program's own permission system is told to allow, and what its refusals come to."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator
from pathlib import Path

from agentrelay.agent.core.adapter import TurnRequest
from agentrelay.agent.core.least import CHANGING_GIT
from agentrelay.agent.core.report import TurnResult
from agentrelay.agent.implementations import stream
from agentrelay.agent.implementations.stream import Object

READING = ("status", "diff", "log", "show")
"""Git's commands that only read, for programs that don't know so by themselves."""

_BETWEEN = re.compile(r"&&|\|\||[;|\n]")
"""What stands between the commands of a shell line: such programs judge each by itself."""


def calls(request: TurnRequest) -> str:
    """Return how the agent's calls to us begin."""
    return f"{shlex.quote(request.env['AGENTRELAY_BIN'])} task"


def beginnings(request: TurnRequest) -> Iterator[str]:
    """Give the beginnings of all command lines that the work needs, and no wider ones.

    These are git's, the agent's calls, and the task's gates and setup with each of their parts.
    """
    for verb in (*CHANGING_GIT, *READING):
        yield f"git {verb}"
    yield calls(request)
    for command in request.commands:
        if isinstance(command, str):
            lines = (command, *_BETWEEN.split(command))
            yield from dict.fromkeys(line.strip() for line in lines if line.strip())
        else:
            yield shlex.join(command)


def programs(request: TurnRequest) -> Iterator[str]:
    """Give the programs of the task's gates and setup, for rules that know no arguments."""
    for command in request.commands:
        if isinstance(command, str):
            yield from (words[0] for part in _BETWEEN.split(command) if (words := part.split()))
        else:
            yield command[0]


def own_folders(request: TurnRequest) -> tuple[Path, ...]:
    """Return where the agent may write beside the worktree, without what only git writes."""
    folder = request.env.get("AGENTRELAY_ATTEMPT_DIR")
    return (Path(folder),) if folder else ()


def denied_tools(result: Object) -> tuple[str, ...]:
    """Return the tools that a result event like that of Claude Code says were denied."""
    denials = stream.parts(result, "permission_denials")
    return tuple(sorted({stream.text(each, "tool_name") for each in denials}))


def refused(tools: Collection[str], said: str) -> tuple[TurnResult, str] | None:
    """Return what refusals make of a turn in which the agent makes no call; None without any."""
    if not tools:
        return None
    return TurnResult.PERMISSION_DENIED, f"it was denied {', '.join(sorted(tools))}: {said}"
