"""Answer what an agent asks of its client: permissions by the turn's policy, and its files.

What the policy refuses a person may permit, where the turn has one who is asked.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import cast

from acp import (
    ReadTextFileResponse,
    RequestError,
    RequestPermissionResponse,
    WriteTextFileResponse,
)
from acp.schema import (
    AllowedOutcome,
    DeniedOutcome,
    FileEditToolCallContent,
    PermissionOption,
    ToolCallUpdate,
)

from agentrelay.agent.acp.person import Person
from agentrelay.agent.acp.policy import Policy, Wish
from agentrelay.agent.acp.transcript import Transcript


class Answers:
    """The client's side of the protocol; the package ``acp`` finds the methods by their names."""

    def __init__(self, policy: Policy, person: Person | None, transcript: Transcript) -> None:
        """Answer by ``policy`` or ``person``, and print what was asked for and refused."""
        self._policy = policy
        self._person = person
        self._transcript = transcript

    async def request_permission(
        self,
        session_id: str,
        tool_call: ToolCallUpdate,
        options: list[PermissionOption],
        **_: object,
    ) -> RequestPermissionResponse:
        """Choose the option that allows or rejects this once; cancel where there is none."""
        del session_id
        wish, title = wish_of(tool_call), tool_call.title or tool_call.tool_call_id
        rest = _rest(wish, tool_call.raw_input)
        self._transcript.call(tool_call.tool_call_id, tool_call.title, tool_call.kind)
        refusal = await self._refusal(wish, title, rest)
        if self._person is not None and self._person.has_left:
            return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
        self._transcript.say(
            "permission",
            title=title,
            kind=tool_call.kind,
            wish=told(wish, title, rest),
            allowed=not refusal,
            refusal=refusal,
        )
        wanted = "reject_once" if refusal else "allow_once"
        for option in options:
            if option.kind == wanted:
                chosen = AllowedOutcome(outcome="selected", option_id=option.option_id)
                return RequestPermissionResponse(outcome=chosen)
        return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))

    async def session_update(self, **_: object) -> None:
        """Do nothing: the transcript has it, as it was sent."""

    async def read_text_file(
        self,
        session_id: str,
        path: str,
        line: int | None = None,
        limit: int | None = None,
        **_: object,
    ) -> ReadTextFileResponse:
        """Return the text of a file, ``limit`` lines from ``line`` (the first is 1) on."""
        del session_id
        await self._require(Wish("read", paths=(path,)))
        lines = _text_of(path).splitlines(keepends=True)[max(0, (line or 1) - 1) :]
        return ReadTextFileResponse(content="".join(lines if limit is None else lines[:limit]))

    async def write_text_file(
        self, session_id: str, path: str, content: str, **_: object
    ) -> WriteTextFileResponse:
        """Write a file, with the folders above it."""
        del session_id
        await self._require(Wish("edit", paths=(path,)))
        _write(path, content)
        return WriteTextFileResponse()

    async def ext_method(self, method: str, params: object) -> dict[str, object]:
        """Refuse: there is none that we know."""
        del params
        raise RequestError.method_not_found(method)

    async def ext_notification(self, method: str, params: object) -> None:
        """Do nothing: there is none that we know."""

    async def _require(self, wish: Wish) -> None:
        (path,) = wish.paths
        relative = "" if os.path.isabs(path) else "not an absolute path"
        refusal = relative or await self._refusal(wish, path)
        if refusal:
            said = {"title": path, "kind": wish.kind, "allowed": False, "refusal": refusal}
            self._transcript.say("permission", **said)
            raise RequestError.invalid_params({"details": f"{path}: {refusal}"})

    async def _refusal(self, wish: Wish, title: str, rest: str = "") -> str:
        """Return why a wish is not fulfilled; ``rest`` is what only its agent understands of it."""
        refusal = self._policy.refusal(wish)
        if not refusal or self._person is None:
            return refusal
        return await self._person.refusal(told(wish, title, rest), _name_of(wish, title, rest))


def told(wish: Wish, title: str, rest: str) -> str:
    """Return a wish in words for a person: what it would do, where that is known, not its title."""
    if wish.command:
        return f"run {wish.command}" + (f" (in {wish.cwd})" if wish.cwd else "")
    if wish.paths:
        return f"{wish.kind or 'use'} {', '.join(wish.paths)}"
    return f"{wish.kind or 'use'}: {title}" + (f" {rest}" if rest else "")


def _name_of(wish: Wish, title: str, rest: str) -> str:
    """Return what is the same for the very same wish, and for no other."""
    unknown = () if wish.command or wish.paths else (title, rest)
    return hashlib.sha256(repr((wish, *unknown)).encode()).hexdigest()


def _rest(wish: Wish, given: object) -> str:
    """Return a tool's input where nothing of it is understood."""
    known = wish.command or wish.paths or given is None
    return "" if known else json.dumps(given, sort_keys=True, default=str)


def wish_of(call: ToolCallUpdate) -> Wish:
    """Return what a tool call would do, as far as it says so.

    Gemini tells no input, and the command as the title; the title of others may be anything.
    """
    paths = [each.path for each in call.locations or ()]
    paths += [each.path for each in call.content or () if isinstance(each, FileEditToolCallContent)]
    given: object = call.raw_input
    if given is None:
        title = call.title or ""
        return Wish(call.kind or "", title, paths=tuple(dict.fromkeys(paths)), title=title)
    said = cast("dict[str, object]", given) if isinstance(given, dict) else {}
    command, cwd = said.get("command"), said.get("cwd")
    return Wish(
        kind=call.kind or "",
        command=command if isinstance(command, str) else "",
        cwd=cwd if isinstance(cwd, str) else "",
        paths=tuple(dict.fromkeys(paths)),
        title=call.title or "",
    )


def _text_of(path: str) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8", "replace")
    except FileNotFoundError as error:
        raise RequestError.resource_not_found(path) from error
    except OSError as error:
        raise _failed(path, error) from error


def _write(path: str, content: str) -> None:
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content.encode("utf-8", "replace"))
    except OSError as error:
        raise _failed(path, error) from error


def _failed(path: str, error: OSError) -> RequestError:
    return RequestError.internal_error({"details": f"{path}: {error.strerror}"})
