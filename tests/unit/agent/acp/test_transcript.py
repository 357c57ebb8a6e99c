"""What the client of the Agent Client Protocol prints of what an agent tells."""

from __future__ import annotations

import io
import json
from typing import Any

from acp.connection import StreamDirection, StreamEvent

from agentrelay.agent.acp.transcript import Transcript


def printed(*updates: dict[str, Any], direction: StreamDirection = StreamDirection.INCOMING) -> Any:
    sink = io.BytesIO()
    transcript = Transcript(sink)
    for update in updates:
        message = {"method": "session/update", "params": {"update": update}}
        transcript.hear(StreamEvent(direction, message))
    transcript.say("ended")
    return [json.loads(line) for line in sink.getvalue().splitlines()][:-1]


def chunk(text: str, kind: str = "agent_message_chunk") -> dict[str, Any]:
    return {"sessionUpdate": kind, "content": {"type": "text", "text": text}}


def test_words_are_printed_in_lines_however_they_come() -> None:
    thought = chunk("hm", "agent_thought_chunk")
    said = [chunk("one\ntw"), chunk("o"), chunk("\n\nthr"), thought, chunk("ee")]
    assert [(event["type"], event["text"]) for event in printed(*said)] == [
        ("said", "one\n"),
        ("said", "two\n\n"),
        ("said", "thr"),
        ("thought", "hm"),
        ("said", "ee"),
    ]


def test_a_call_is_printed_once_when_it_is_known_what_it_is_about() -> None:
    begun = {"sessionUpdate": "tool_call", "toolCallId": "1", "kind": "execute"}
    more = {"sessionUpdate": "tool_call_update", "toolCallId": "1"}
    events = printed(
        {**begun, "status": "pending", "title": "bash"},
        {**more, "title": "git status"},
        {**more, "title": "git status", "status": "completed"},
        {**begun, "toolCallId": "2", "status": "in_progress", "title": "ls"},
    )
    calls = [event for event in events if event["type"] == "call"]
    assert [(call["title"], call["kind"]) for call in calls] == [
        ("git status", "execute"),
        ("ls", "execute"),
    ]
    assert [event["type"] for event in events].count("update") == 4


def test_what_is_odd_is_kept_and_what_we_said_is_not() -> None:
    odd: list[Any] = [
        {},
        {"sessionUpdate": 7},
        {**chunk("x"), "content": "x"},
        {**chunk("x"), "content": []},
    ]
    assert [event["update"] for event in printed(*odd)] == odd
    assert printed(chunk("x"), direction=StreamDirection.OUTGOING) == []


def test_half_of_a_pair_of_surrogates_stops_nothing() -> None:
    assert printed(chunk("\ud83d"))[0]["text"] == "?"
