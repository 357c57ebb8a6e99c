"""Requests and answers of the emulator, apart from any socket."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class MalformedError(Exception):
    """The body of a request is no JSON object."""


@dataclass(frozen=True)
class Request:
    """A request as it came in; ``path`` is as it was sent, percent signs and all."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    @staticmethod
    def of(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
        """Return the request for a target that may have a query."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        lowered = {name.lower(): value for name, value in headers.items()}
        return Request(method, parts.path, query, lowered, body)

    @property
    def host(self) -> str:
        """Return the host that was asked for."""
        return self.headers.get("host", "localhost")

    def json(self) -> dict[str, Any]:
        """Return the body, an object; an empty one where there is none."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError as error:
            raise MalformedError("Problems parsing JSON") from error
        if not isinstance(found, dict):
            raise MalformedError("Body should be a JSON object")
        return found  # pyright: ignore[reportUnknownVariableType] - keys of JSON are strings


@dataclass(frozen=True)
class Response:
    """An answer: ``body`` is a value for JSON, or text as it is; None is no body at all.

    It goes out after ``delay`` seconds.
    """

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    kind: str = "application/json; charset=utf-8"
    delay: float = 0.0

    def data(self) -> bytes:
        """Return the body as it goes out."""
        if self.body is None:
            return b""
        if isinstance(self.body, str) and not self.kind.startswith("application/json"):
            return self.body.encode()
        return json.dumps(self.body).encode()

    def plus(self, headers: Mapping[str, str]) -> Response:
        """Return the same with further headers."""
        return replace(self, headers={**headers, **self.headers})

    def conditional(self, request: Request) -> Response:
        """Return the answer with its ETag, or 304 where the client has just that."""
        if self.status != 200 or request.method != "GET":
            return self
        tag = f'W/"{hashlib.sha256(self.data()).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return Response(304, None, {**self.headers, "ETag": tag}, self.kind)
        return self.plus({"ETag": tag})


def text(body: str, status: int = 200) -> Response:
    """Return plain text."""
    return Response(status, body, kind="text/plain; charset=utf-8")
