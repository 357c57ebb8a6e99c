"""What an agent asks to do, as far as it says so: as a wish, in words, and by a name."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from acp.schema import FileEditToolCallContent, ToolCallUpdate

from agentrelay._shared.questions import cut
from agentrelay.agent.acp.policy import Wish

_OF_FILES = ("delete", "edit", "read", "search")
"""Kinds of which the paths tell all; where something is moved to may be in the input only."""
_TOLD = frozenset({"args", "command", "cwd"})
_HARMLESS = frozenset({"description", "timeout"})
"""What does not change what a command does; a description differs each time."""


@dataclass(frozen=True)
class Telling:
    """A wish in words for a person, cut where they are many, and the name of all they would say."""

    text: str
    about: str


def wish_of(call: ToolCallUpdate) -> Wish:
    """Return what a tool call would do, as far as it says so.

    Gemini tells no input, and the command as the title; the title of others may be anything.
    """
    paths = [each.path for each in call.locations or ()]
    paths += [each.path for each in call.content or () if isinstance(each, FileEditToolCallContent)]
    title, given = call.title or "", _object(call.raw_input)
    cwd = given.get("cwd")
    return Wish(
        kind=call.kind or "",
        command=title if call.raw_input is None else _command(given),
        cwd=cwd if isinstance(cwd, str) else "",
        paths=tuple(dict.fromkeys(paths)),
        title=title,
    )


def telling(wish: Wish, title: str, given: object = None, *, real: Callable[[str], str]) -> Telling:
    """Return what a person is told: what it would do, where all of that is known, not its title.

    ``given`` is the tool's input, which is told as it is where it is not understood. ``real`` tells
    where a path leads.
    """
    paths = ", ".join(_shown(path, real) for path in wish.paths)
    if wish.kind == "execute" and wish.command:
        rest = _rest(wish, given)
        words = [f"run {wish.command}"]
        words += [f"(in {_shown(wish.cwd, real)})"] if wish.cwd else []
        words += [f"with {rest}"] if rest else []
    elif wish.kind in _OF_FILES and wish.paths:
        words = [wish.kind, paths]
    else:
        words = [f"{wish.kind or 'use'}: {title}"]
        words += [f"at {paths}"] if paths else []
        words += [_json(given)] if given is not None else []
    name = repr((wish.kind, words, [real(path) for path in wish.paths]))
    return Telling(cut(" ".join(words)), hashlib.sha256(name.encode()).hexdigest())


def _shown(path: str, real: Callable[[str], str]) -> str:
    """Return a path as the agent wrote it, and where it leads if that is elsewhere."""
    return path if real(path) == path else f"{path} (which is {real(path)})"


def _command(given: dict[str, object]) -> str:
    """Return the command of a tool's input in one line, an empty text where it can't be read."""
    command, more = given.get("command"), given.get("args")
    if isinstance(command, str) and not more:
        return command
    parts = [*_list(command), *(_list(more) if more else ())]
    words = [part for part in parts if isinstance(part, str)]
    return shlex.join(words) if len(words) == len(parts) else ""


def _rest(wish: Wish, given: object) -> str:
    """Return what of a command's input its words do not tell."""
    told = (_TOLD if wish.cwd else _TOLD - {"cwd"}) | _HARMLESS
    rest = {name: value for name, value in _object(given).items() if name not in told}
    return _json(rest) if rest else ""


def _json(given: object) -> str:
    return json.dumps(given, sort_keys=True, default=str)


def _list(given: object) -> list[object]:
    return cast("list[object]", given) if isinstance(given, list) else [given]


def _object(given: object) -> dict[str, object]:
    return cast("dict[str, object]", given) if isinstance(given, dict) else {}
