"""Answer what an agent asks of its client: permissions by the turn's policy, and its files.

What the policy refuses a person may permit, where the turn has one who is asked.
"""

from __future__ import annotations

import os
from pathlib import Path

from acp import (
    ReadTextFileResponse,
    RequestError,
    RequestPermissionResponse,
    WriteTextFileResponse,
)
from acp.schema import (
    AllowedOutcome,
    DeniedOutcome,
    PermissionOption,
    ToolCallUpdate,
)

from agentrelay._shared.questions import cut
from agentrelay.agent.acp.person import Person
from agentrelay.agent.acp.policy import Policy, Wish
from agentrelay.agent.acp.transcript import Transcript
from agentrelay.agent.acp.wishes import Telling, telling, wish_of

_MOVED = "it leads elsewhere than when it was asked for"


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
        self._transcript.call(tool_call.tool_call_id, tool_call.title, tool_call.kind)
        told = self._told(wish, title, tool_call.raw_input)
        refusal = await self._refusal(wish, title, tool_call.raw_input)
        if self._person is not None and self._person.has_left:
            return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
        self._transcript.say(
            "permission",
            title=cut(title),
            kind=tool_call.kind,
            wish=told.text,
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
        real = await self._require(Wish("read", paths=(path,)))
        lines = _text_of(real).splitlines(keepends=True)[max(0, (line or 1) - 1) :]
        return ReadTextFileResponse(content="".join(lines if limit is None else lines[:limit]))

    async def write_text_file(
        self, session_id: str, path: str, content: str, **_: object
    ) -> WriteTextFileResponse:
        """Write a file, with the folders above it."""
        del session_id
        _write(await self._require(Wish("edit", paths=(path,))), content)
        return WriteTextFileResponse()

    async def ext_method(self, method: str, params: object) -> dict[str, object]:
        """Refuse: there is none that we know."""
        del params
        raise RequestError.method_not_found(method)

    async def ext_notification(self, method: str, params: object) -> None:
        """Do nothing: there is none that we know."""

    async def _require(self, wish: Wish) -> str:
        """Return where the path of a wish that is fulfilled leads, else refuse."""
        (path,) = wish.paths
        real = self._policy.real(path)
        refusal = "" if os.path.isabs(path) else "not an absolute path"
        refusal = refusal or await self._refusal(wish, path)
        if not refusal and self._policy.real(path) != real:
            refusal = _MOVED
        if refusal:
            said = {"title": cut(path), "kind": wish.kind, "allowed": False, "refusal": refusal}
            self._transcript.say("permission", **said)
            raise RequestError.invalid_params({"details": f"{path}: {refusal}"})
        return real

    async def _refusal(self, wish: Wish, title: str, given: object = None) -> str:
        """Return why a wish is not fulfilled, by the policy or a person."""
        refusal = self._policy.refusal(wish)
        if not refusal or self._person is None:
            return refusal
        told = self._told(wish, title, given)
        refusal = await self._person.refusal(told.text, told.about)
        # A link may have been changed while the person thought about it.
        return refusal or ("" if self._told(wish, title, given) == told else _MOVED)

    def _told(self, wish: Wish, title: str, given: object) -> Telling:
        return telling(wish, title, given, real=self._policy.real)


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
