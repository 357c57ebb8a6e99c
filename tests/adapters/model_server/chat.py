"""The wire format of OpenAI Chat Completions, streaming and whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.adapters.model_server.script import NUMBERS, Answer, Asked, Say

USAGE = {
    "prompt_tokens": 150,
    "completion_tokens": 7,
    "total_tokens": 157,
    "prompt_tokens_details": {"cached_tokens": 30},
}


def asked_of(body: Mapping[str, Any]) -> Asked:
    """Read a request."""
    messages = body.get("messages", [])
    texts: list[str] = []
    for message in messages:
        content = message.get("content") or ""
        parts = (
            [content] if isinstance(content, str) else [part.get("text", "") for part in content]
        )
        texts += parts
    return Asked(
        texts=texts,
        tools={tool["function"]["name"]: tool["function"] for tool in body.get("tools", [])},
        answers=sum(message["role"] == "assistant" for message in messages),
        model=body.get("model", ""),
        streams=bool(body.get("stream")),
    )


def whole(answer: Answer, asked: Asked) -> dict[str, Any]:
    """Return the answer as one document."""
    message = {"role": "assistant", "content": None, **_delta(answer)}
    choice = {"index": 0, "message": message, "finish_reason": _reason(answer)}
    return {**_head(asked), "object": "chat.completion", "choices": [choice], "usage": USAGE}


def stream(answer: Answer, asked: Asked) -> Iterator[str]:
    """Give the answer as events."""
    head = {**_head(asked), "object": "chat.completion.chunk"}
    first = {"index": 0, "delta": {"role": "assistant", **_delta(answer)}, "finish_reason": None}
    last = {"index": 0, "delta": {}, "finish_reason": _reason(answer)}
    for content in (
        {"choices": [first]},
        {"choices": [last]},
        {"choices": [], "usage": USAGE},
    ):
        yield f"data: {json.dumps({**head, **content})}\n\n"
    yield "data: [DONE]\n\n"


def error(status: int) -> dict[str, Any]:
    """Return the document of a refusal."""
    kinds = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
    kind = kinds.get(status, "server_error")
    return {"error": {"type": kind, "code": kind, "message": f"scripted {status}"}}


def _head(asked: Asked) -> dict[str, Any]:
    return {"id": f"chatcmpl-{next(NUMBERS):06}", "created": 1, "model": asked.model}


def _delta(answer: Answer) -> dict[str, Any]:
    if isinstance(answer, Say):
        return {"content": answer.text}
    function = {"name": answer.name, "arguments": json.dumps(answer.arguments)}
    call = {"index": 0, "id": f"call_{next(NUMBERS):06}", "type": "function", "function": function}
    return {"tool_calls": [call]}


def _reason(answer: Answer) -> str:
    return "stop" if isinstance(answer, Say) else "tool_calls"
