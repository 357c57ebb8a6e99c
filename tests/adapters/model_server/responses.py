"""The wire format of OpenAI Responses, streaming."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.adapters.model_server.script import NAMESPACE, NUMBERS, Answer, Asked, Say

USAGE = {
    "input_tokens": 150,
    "input_tokens_details": {"cached_tokens": 30},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 157,
}
_ANSWERS = ("function_call", "custom_tool_call")


def asked_of(body: Mapping[str, Any]) -> Asked:
    """Read a request."""
    items: list[dict[str, Any]] = [item for item in body.get("input", []) if isinstance(item, dict)]
    texts = [body.get("instructions", "")]
    for item in items:
        content = item.get("content") or []
        texts += [part.get("text", "") for part in content if isinstance(part, dict)]
        if isinstance(item.get("output"), str):
            texts.append(item["output"])
    answers = [
        item
        for item in items
        if item.get("type") in _ANSWERS
        or (item.get("type") == "message" and item.get("role") == "assistant")
    ]
    return Asked(
        texts=texts,
        tools={tool.get("name", tool["type"]): tool for tool in body.get("tools", [])},
        answers=len(answers),
        model=body.get("model", ""),
        streams=bool(body.get("stream")),
    )


def whole(answer: Answer, asked: Asked) -> dict[str, Any]:
    """Return the answer as one document."""
    return _response(asked, "completed", [_item(answer, asked)])


def stream(answer: Answer, asked: Asked) -> Iterator[str]:
    """Give the answer as events."""
    response = _response(asked, "in_progress", [])
    item = _item(answer, asked)
    yield _event("response.created", {"response": response})
    yield _event("response.output_item.added", {"output_index": 0, "item": item})
    if isinstance(answer, Say):
        place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
        yield _event("response.output_text.delta", {**place, "delta": answer.text})
    yield _event("response.output_item.done", {"output_index": 0, "item": item})
    done = {**response, "status": "completed", "output": [item], "usage": USAGE}
    yield _event("response.completed", {"response": done})


def error(status: int) -> dict[str, Any]:
    """Return the document of a refusal."""
    kinds = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
    kind = kinds.get(status, "server_error")
    return {"error": {"type": kind, "code": kind, "message": f"scripted {status}"}}


def _response(asked: Asked, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"resp_{next(NUMBERS):06}",
        "object": "response",
        "status": status,
        "model": asked.model,
        "output": output,
        "usage": USAGE if status == "completed" else None,
    }


def _item(answer: Answer, asked: Asked) -> dict[str, Any]:
    number = next(NUMBERS)
    if isinstance(answer, Say):
        content = [{"type": "output_text", "text": answer.text, "annotations": []}]
        head = {"id": f"msg_{number:06}", "type": "message", "role": "assistant"}
        return {**head, "status": "completed", "content": content}
    call = {"call_id": f"call_{number:06}", "name": answer.name, "status": "completed"}
    if answer.name not in asked.tools:
        call |= {"namespace": NAMESPACE, "name": answer.name.removeprefix(f"{NAMESPACE}__")}
    elif asked.tools[answer.name]["type"] == "custom":
        return {"id": f"ctc_{number:06}", "type": "custom_tool_call", **call, "input": answer.raw}
    arguments = json.dumps(answer.arguments)
    return {"id": f"fc_{number:06}", "type": "function_call", **call, "arguments": arguments}


def _event(kind: str, data: Mapping[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"
