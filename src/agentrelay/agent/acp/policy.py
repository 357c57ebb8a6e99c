"""Decide what an agent may do when it asks: the least that its work needs, or everything.

It means the same as the least permissions of the other adapters: edits in the worktree, the git
commands that a commit takes, the agent's calls, the task's gates and its lane's setup, and commands
that the graph allows beside. What can't be understood is refused, or left to a person.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agentrelay.agent.acp import shell
from agentrelay.agent.acp.order import Order
from agentrelay.agent.core.adapter import Command
from agentrelay.agent.core.least import CHANGING_GIT

_READING_GIT = ("status", "diff", "log", "show", "rev-parse", "ls-files", "blame")
_READERS = ("cat", "grep", "head", "ls", "pwd", "tail", "wc")
"""Programs that write nothing and start nothing, whatever their options."""

_OWN_TOOLS = frozenset(
    form.format(tool)
    for form in ("{} (agentrelay MCP Server)", "agentrelay_{}", "mcp__agentrelay__{}")
    for tool in ("concern", "context", "done", "fail", "note", "result")
)
"""How agents entitle a call of a tool of our MCP server."""

_CHANGES = ("edit", "delete", "move")
_LOOKS = ("read", "search", "other")
"""``other`` is how an agent asks for a folder before it looks into it."""


@dataclass(frozen=True)
class Wish:
    """What an agent asks to do: a kind of the protocol, and what is known of it.

    ``cwd`` is the folder for ``command``, where it is not the agent's own. ``title`` is what the
    agent tells people of it.
    """

    kind: str
    command: str = ""
    cwd: str = ""
    paths: tuple[str, ...] = ()
    title: str = ""


class Policy:
    """Answers wishes in one turn."""

    def __init__(self, order: Order, cwd: str, environ: Mapping[str, str]) -> None:
        """Read what is allowed off ``order``; relative paths begin in ``cwd``."""
        self._bypass = order.bypass
        self._cwd = cwd
        self._worktree = (order.worktree,)
        self._writable = (order.worktree, *order.writable)
        self._readable = (*self._writable, *order.readable)
        self._calls = [environ.get("AGENTRELAY_BIN", "agentrelay"), "task"]
        self._commands = order.commands
        self._tools = _OWN_TOOLS if order.mcp is not None else frozenset[str]()

    def refusal(self, wish: Wish) -> str:
        """Return why ``wish`` is refused, an empty text where it is not."""
        if self._bypass or wish.kind == "think" or self._is_call(wish):
            return ""
        if wish.kind == "execute":
            return "" if self._may_run(wish) else "no command of this task"
        if wish.kind in _CHANGES:
            return "" if self.may_write(*wish.paths) else "not in the worktree"
        if wish.kind in _LOOKS:
            return "" if self.may_read(*wish.paths) else "not in the worktree or the run's folder"
        return "not needed for the task"

    def _is_call(self, wish: Wish) -> bool:
        """Tell whether an agent wishes to call us, by a tool; by a command it is one of those."""
        return wish.kind == "other" and wish.title in self._tools

    def may_write(self, *paths: str) -> bool:
        """Tell whether all of ``paths``, which must be some, may be changed."""
        return self._bypass or _within(paths, self._writable, self._cwd)

    def may_read(self, *paths: str) -> bool:
        """Tell whether all of ``paths``, which must be some, may be read."""
        return self._bypass or _within(paths, self._readable, self._cwd)

    def real(self, path: str) -> str:
        """Return where a path leads, links resolved."""
        return os.path.realpath(os.path.join(self._cwd, path))

    def _may_run(self, wish: Wish) -> bool:
        base = os.path.join(self._cwd, wish.cwd)
        if not self._is_folder(base):
            return False
        if wish.command.strip() in self._commands:
            return True
        line = shell.read(wish.command)
        if line is None:
            return False
        commands = line.commands
        # Where nothing but success joins commands, the folder of the later ones is known.
        if commands[0][0] == "cd" and set(line.joins) <= {"&&"}:
            base = os.path.join(base, commands[0][-1])
            if not self._is_folder(base):
                return False
            commands = commands[1:]
        return all(self._is_allowed(words, base) for words in commands)

    def _is_folder(self, path: str) -> bool:
        return os.path.isdir(path) and _within((path,), self._worktree, path)

    def _is_allowed(self, words: Sequence[str], base: str) -> bool:
        if words[:2] == self._calls or any(_is(words, command) for command in self._commands):
            return True
        if words[0] == "git":
            return _is_git(words)
        if words[0] not in _READERS:
            return False
        options = [word for word in words[1:] if word.startswith("-")]
        paths = [word for word in words[1:] if not word.startswith("-")]
        plain = not any("/" in option for option in options)
        return plain and (not paths or _within(paths, self._readable, base))


def _is(words: Sequence[str], command: Command) -> bool:
    """Tell whether ``words`` run a gate or setup: a list with more behind it, a text as it is."""
    if isinstance(command, str):
        line = shell.read(command)
        return line is not None and line.commands == [list(words)]
    return tuple(words[: len(command)]) == command


def _is_git(words: Sequence[str]) -> bool:
    verb = words[1] if len(words) > 1 else ""
    if verb in CHANGING_GIT:
        return True
    # --output writes a file, and git takes the beginning of an option for it.
    return verb in _READING_GIT and not any(word.startswith("--ou") for word in words)


def _within(paths: Iterable[str], folders: Iterable[str], base: str) -> bool:
    """Tell whether there are paths, and all lie in one of the folders, links resolved."""
    homes = [os.path.realpath(folder) for folder in folders]
    found = [os.path.realpath(os.path.join(base, path)) for path in paths]
    inside = (any(os.path.commonpath((home, path)) == home for home in homes) for path in found)
    return bool(found) and all(inside)
