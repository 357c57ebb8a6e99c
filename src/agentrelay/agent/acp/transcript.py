"""Print what happens in a turn: JSON objects, one a line, with their kind as ``type``.

``agent``, ``session``, ``said`` and ``thought`` (whole lines of text), ``call`` (of a tool, once it
is known what it is about), ``asking`` (a person), ``permission``, ``update`` (all else that the
agent tells of its work, as it does), ``noise`` (what is none of the protocol), and at the end one
of ``ended``, ``refused`` and ``gone``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import BinaryIO, cast

from acp.connection import StreamDirection, StreamEvent

_SPEECH = {"agent_message_chunk": "said", "agent_thought_chunk": "thought"}


class Transcript:
    """The events of one turn, printed as they come; ``replays`` while old ones come again."""

    def __init__(self, sink: BinaryIO) -> None:
        """Print to ``sink``."""
        self._sink = sink
        self._speech = ""
        self._begun = ""
        self._kinds: dict[str, object] = {}
        self._called: set[str] = set()
        self.replays = False

    def say(self, event: str, **facts: object) -> None:
        """Print an event, after what the agent had begun to say before it."""
        begun, self._begun = self._begun, ""
        if begun:
            self._print(self._speech, text=begun)
        self._print(event, **facts)

    def call(self, number: str, title: str | None, kind: object = None) -> None:
        """Print that a tool is called, once for each call."""
        if title and number not in self._called:
            self._called.add(number)
            self.say("call", title=title, kind=kind or self._kinds.get(number))

    def hear(self, event: StreamEvent) -> None:
        """Print what a message of the agent tells of its work; other messages are for others."""
        incoming = event.direction is StreamDirection.INCOMING
        if self.replays or not incoming or event.message.get("method") != "session/update":
            return
        update = _part(event.message, "params", "update")
        told = str(update.get("sessionUpdate"))
        text = _part(update, "content").get("text")
        if told in _SPEECH and isinstance(text, str):
            self._speak(_SPEECH[told], text)
            return
        if told.startswith("tool_call"):
            self._announce(update)
        self.say("update", update=update)

    def _announce(self, update: Mapping[str, object]) -> None:
        """Print a call whose title says what it is about; that of a pending one often does not."""
        number, title = str(update.get("toolCallId")), update.get("title")
        self._kinds.setdefault(number, update.get("kind"))
        begins = update.get("sessionUpdate") == "tool_call"
        if isinstance(title, str) and not (begins and update.get("status") == "pending"):
            self.call(number, title)

    def _speak(self, speech: str, text: str) -> None:
        """Print the lines of a speech that are complete, and keep the one that it is in."""
        if self._begun and speech != self._speech:
            self._print(self._speech, text=self._begun)
            self._begun = ""
        self._speech = speech
        lines, end, self._begun = (self._begun + text).rpartition("\n")
        if end:
            self._print(speech, text=lines + end)

    def _print(self, event: str, **facts: object) -> None:
        line = json.dumps({"type": event, **facts}, ensure_ascii=False)
        # What an agent sends may hold half of a surrogate pair.
        self._sink.write(line.encode("utf-8", "replace") + b"\n")
        self._sink.flush()


def _part(message: Mapping[str, object], *path: str) -> Mapping[str, object]:
    for name in path:
        inner = message.get(name)
        message = cast("dict[str, object]", inner) if isinstance(inner, dict) else {}
    return message
