"""The wire format of Gemini's generateContent, streaming and whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.adapters.model_server.script import Answer, Asked, Say

USAGE = {
    "promptTokenCount": 150,
    "cachedContentTokenCount": 30,
    "candidatesTokenCount": 7,
    "totalTokenCount": 157,
}

INTERRUPTED = "[The previous response was interrupted before it completed.]"
"""What Gemini CLI puts in the place of an answer that it did not get, in a session gone on with."""


def asked_of(body: Mapping[str, Any]) -> Asked:
    """Read a request; whether it streams is said by its path."""
    contents = body.get("contents", [])
    parts = [part for content in contents for part in content.get("parts", [])]
    parts += body.get("systemInstruction", {}).get("parts", [])
    offered = [
        declared
        for tool in body.get("tools", [])
        for declared in tool.get("functionDeclarations", [])
    ]
    # Each answer is one part; of a session that was loaded, one content has several of them.
    return Asked(
        texts=[part["text"] for part in parts if "text" in part],
        tools={declared["name"]: declared for declared in offered},
        answers=sum(
            part.get("text") != INTERRUPTED
            for content in contents
            if content.get("role") == "model"
            for part in content["parts"]
        ),
        model="",
        streams=True,
    )


def whole(answer: Answer, asked: Asked) -> dict[str, Any]:
    """Return the answer as one document."""
    del asked
    if isinstance(answer, Say):
        part: dict[str, Any] = {"text": answer.text}
    else:
        part = {"functionCall": {"name": answer.name, "args": dict(answer.arguments)}}
    content = {"role": "model", "parts": [part]}
    candidate = {"index": 0, "content": content, "finishReason": "STOP"}
    return {"candidates": [candidate], "usageMetadata": USAGE}


def stream(answer: Answer, asked: Asked) -> Iterator[str]:
    """Give the answer as events."""
    yield f"data: {json.dumps(whole(answer, asked))}\n\n"


def error(status: int) -> dict[str, Any]:
    """Return the document of a refusal."""
    names = {401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED"}
    name = names.get(status, "INTERNAL")
    return {"error": {"code": status, "message": f"scripted {status}", "status": name}}
