"""A plain HTTP client for the emulator's own tests; it knows no forge."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back; ``body`` is read where it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any

    def link(self, rel: str) -> str | None:
        """Return the address of another page."""
        for part in self.headers.get("link", "").split(", "):
            address, _, found = part.partition("; ")
            if found == f'rel="{rel}"':
                return address.strip("<>")
        return None


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self.path))


@dataclass
class Client:
    """Asks over one connection, as the account that ``token`` is of."""

    connection: http.client.HTTPConnection
    token: str | None
    more: dict[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def of(url: str, token: str | None) -> Client:
        """Return a client by TCP."""
        return Client(http.client.HTTPConnection(urlsplit(url).netloc, timeout=30), token)

    @staticmethod
    def by_socket(path: Path, host: str, token: str | None) -> Client:
        """Return a client by the unix socket, which asks for ``host``."""
        return Client(_UnixConnection(path), token, {"Host": host})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Return the answer to a request; a full address is asked for by its path."""
        sent = {**self.more, **(headers or {})}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        parts = urlsplit(path)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        data = None if body is None else json.dumps(body)
        self.connection.request(method, target, data, sent)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        found = {name.lower(): value for name, value in answer.getheaders()}
        is_json = found.get("content-type", "").startswith("application/json")
        return Answer(answer.status, found, json.loads(text) if is_json else text)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for something."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: object) -> Answer:
        """Send something."""
        return self.ask("POST", path, body)
