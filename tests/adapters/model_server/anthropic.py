"""The wire format of Anthropic Messages, streaming and whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.adapters.model_server.script import NUMBERS, Answer, Asked, Say

USAGE = {"input_tokens": 100, "cache_read_input_tokens": 30, "cache_creation_input_tokens": 20}
"""What each answer says that it took, beside OUTPUT tokens."""
OUTPUT = 7


def asked_of(body: Mapping[str, Any]) -> Asked:
    """Read a request."""
    messages = body.get("messages", [])
    texts = [text for message in messages for text in _texts(message["content"])]
    return Asked(
        texts=[*_texts(body.get("system", "")), *texts],
        tools={tool["name"]: tool for tool in body.get("tools", [])},
        answers=sum(message["role"] == "assistant" for message in messages),
        model=body.get("model", ""),
        streams=bool(body.get("stream")),
    )


def _texts(content: str | list[dict[str, Any]]) -> list[str]:
    if isinstance(content, str):
        return [content]
    found: list[str] = []
    for block in content:
        if block["type"] == "text":
            found.append(block["text"])
        elif block["type"] == "tool_result":
            found += _texts(block.get("content") or "")
    return found


def whole(answer: Answer, asked: Asked) -> dict[str, Any]:
    """Return the answer as one document."""
    return {
        **_head(asked),
        "content": [_block(answer)],
        "stop_reason": _reason(answer),
        "usage": {**USAGE, "output_tokens": OUTPUT},
    }


def stream(answer: Answer, asked: Asked) -> Iterator[str]:
    """Give the answer as events."""
    head = {**_head(asked), "content": [], "stop_reason": None}
    yield _event("message_start", {"message": {**head, "usage": {**USAGE, "output_tokens": 1}}})
    block = _block(answer)
    start = {**block, "text": ""} if isinstance(answer, Say) else {**block, "input": {}}
    yield _event("content_block_start", {"index": 0, "content_block": start})
    if isinstance(answer, Say):
        delta = {"type": "text_delta", "text": answer.text}
    else:
        delta = {"type": "input_json_delta", "partial_json": json.dumps(answer.arguments)}
    yield _event("content_block_delta", {"index": 0, "delta": delta})
    yield _event("content_block_stop", {"index": 0})
    delta = {"stop_reason": _reason(answer), "stop_sequence": None}
    yield _event("message_delta", {"delta": delta, "usage": {**USAGE, "output_tokens": OUTPUT}})
    yield _event("message_stop", {})


def error(status: int) -> dict[str, Any]:
    """Return the document of a refusal."""
    kinds = {401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}
    kind = kinds.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": f"scripted {status}"}}


def _head(asked: Asked) -> dict[str, Any]:
    name = f"msg_{next(NUMBERS):06}"
    return {"id": name, "type": "message", "role": "assistant", "model": asked.model}


def _block(answer: Answer) -> dict[str, Any]:
    if isinstance(answer, Say):
        return {"type": "text", "text": answer.text}
    name = f"toolu_{next(NUMBERS):06}"
    return {"type": "tool_use", "id": name, "name": answer.name, "input": dict(answer.arguments)}


def _reason(answer: Answer) -> str:
    return "end_turn" if isinstance(answer, Say) else "tool_use"


def _event(kind: str, data: Mapping[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"
