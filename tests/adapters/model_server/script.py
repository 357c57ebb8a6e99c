"""What a scripted model does: steps of a conversation, and faults in the place of an answer."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Say:
    """Answer with text, which ends the turn."""

    text: str


@dataclass(frozen=True)
class Shell:
    """Have the agent run a line in its shell."""

    line: str


@dataclass(frozen=True)
class Write:
    """Have the agent write a file, by its path from the current folder."""

    path: str
    text: str


@dataclass(frozen=True)
class Use:
    """Have the agent call a tool of the MCP server of its run, whatever it calls that."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


Step = Say | Shell | Write | Use


@dataclass(frozen=True)
class Status:
    """Refuse with an HTTP status, ``retry_after`` seconds in its header where given."""

    status: int
    retry_after: int | None = None


@dataclass(frozen=True)
class Silence:
    """Say nothing: not even a header, or nothing after the headers."""

    after_headers: bool = False


@dataclass(frozen=True)
class Cut:
    """Begin to answer and cut the connection in the middle of the stream."""


Fault = Status | Silence | Cut

ALWAYS = 1_000_000


@dataclass
class Script:
    """What is played to the conversations whose text has ``marker`` in it.

    The step of a request is told by the answers that its conversation has so far, so a resumed
    session goes on where it was, and a fresh one begins anew. ``faults`` come before the answer
    of a step, each as often as it says.
    """

    marker: str
    steps: list[Step]
    faults: dict[int, list[tuple[Fault, int]]] = field(
        default_factory=dict[int, list[tuple[Fault, int]]]
    )
    chat: bool = False
    """Played to a program that offers no tools: each request that is answered takes a step."""
    answered: int = 0

    def place_of(self, asked: Asked) -> int:
        """Return the number of the step that a request is to be answered with."""
        return self.answered if self.chat else asked.answers

    def fault(self, step: int) -> Fault | None:
        """Return the next fault before the answer of a step, or None."""
        waiting = self.faults.get(step, [])
        for place, (fault, times) in enumerate(waiting):
            if times:
                waiting[place] = (fault, times - 1)
                return fault
        return None

    def step(self, number: int) -> Step:
        """Return a step; behind the last one there is nothing to do."""
        return self.steps[number] if number < len(self.steps) else Say("There is no more to do.")


@dataclass(frozen=True)
class Asked:
    """A request, whatever its wire format: its texts, the tools that it offers, its answers."""

    texts: list[str]
    tools: Mapping[str, Mapping[str, Any]]
    answers: int
    model: str
    streams: bool


@dataclass(frozen=True)
class ToolCall:
    """The call of a tool by its name; ``raw`` is the input of a tool that takes plain text."""

    name: str
    arguments: Mapping[str, Any]
    raw: str = ""


Answer = Say | ToolCall

SHELLS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "Bash": ("command", {"description": "run it"}),
    "bash": ("command", {"description": "run it"}),
    "exec_command": ("cmd", {}),
    "run_shell_command": ("command", {"description": "run it"}),
}
WRITERS: Mapping[str, tuple[str, str]] = {
    "Write": ("file_path", "content"),
    "write": ("filePath", "content"),
    "write_file": ("file_path", "content"),
    "create": ("path", "file_text"),
}
PATCH = "apply_patch"
NAMESPACE = "mcp__agentrelay"


def answer_of(step: Step, asked: Asked, folder: str) -> Answer:
    """Bind a step to the tools that a request offers; ``folder`` is the agent's current one."""
    if isinstance(step, Say):
        return step
    if isinstance(step, Use):
        return _used(step, asked)
    if isinstance(step, Shell):
        for name, (argument, more) in SHELLS.items():
            if name in asked.tools:
                return ToolCall(name, {argument: step.line, **more})
        return Say(f"no shell among {sorted(asked.tools)}")
    for name, (path, content) in WRITERS.items():
        if name in asked.tools:
            return ToolCall(name, {path: f"{folder}/{step.path}", content: step.text})
    return _otherwise_written(step, asked, folder)


def _used(step: Use, asked: Asked) -> Answer:
    """Return the call of a tool of our server, which some offer by the server's name alone."""
    found = [name for name in asked.tools if re.search(rf"agentrelay.*{step.tool}$", name)]
    if not found and any(f"- {NAMESPACE}: " in text for text in asked.texts):
        found = [f"{NAMESPACE}__{step.tool}"]
    return ToolCall(found[0], step.arguments) if found else Say(f"no {step.tool} among the tools")


def _otherwise_written(step: Write, asked: Asked, folder: str) -> Answer:
    """Return the write of a file where no tool is for that."""
    if PATCH in asked.tools:
        patch = "\n".join(_patch(step))
        return ToolCall(PATCH, {"input": patch}, raw=patch)
    if not asked.tools:
        return Say(f"{step.path}\n```\n{step.text}```\n")
    return answer_of(Shell("\n".join(_here_document(step))), asked, folder)


def _here_document(step: Write) -> Iterator[str]:
    yield f"cat > {shlex.quote(step.path)} <<'END OF FILE'"
    yield from step.text.splitlines()
    yield "END OF FILE"


def _patch(step: Write) -> Iterator[str]:
    yield "*** Begin Patch"
    yield f"*** Add File: {step.path}"
    yield from (f"+{line}" for line in step.text.splitlines())
    yield "*** End Patch"


NUMBERS = itertools.count(1)
"""Numbers for the ids of answers and calls."""
