"""A model server on 127.0.0.1 that plays scripts, records what it is asked, and fails on demand."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from glob import glob
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

from tests.adapters.model_server import anthropic, chat, gemini, responses
from tests.adapters.model_server.script import (
    Asked,
    Cut,
    Fault,
    Say,
    Script,
    Silence,
    Status,
    answer_of,
)

DIALECTS: tuple[tuple[str, ModuleType], ...] = (
    (r"/v1/messages$", anthropic),
    (r"/responses$", responses),
    (r"/chat/completions$", chat),
    (r":(stream)?[gG]enerateContent$", gemini),
)
LONGEST_SILENCE = 60.0


@dataclass(frozen=True)
class Request:
    """A recorded request; ``asked`` is None where it is none for an answer of a model."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    asked: Asked | None


@dataclass
class ModelServer:
    """Scripts to play, and what was asked so far; ``folder_of`` gives an agent's folder."""

    scripts: list[Script] = field(default_factory=list[Script])
    folders: dict[str, str] = field(default_factory=dict[str, str])
    requests: list[Request] = field(default_factory=list[Request])
    failures: list[str] = field(default_factory=list[str])
    url: str = ""
    ends: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def play(self, script: Script, folder: str) -> None:
        """Play a script to an agent that works in ``folder``, which may be a pattern."""
        self.scripts.append(script)
        self.folders[script.marker] = folder

    def conversations(self, marker: str) -> list[Asked]:
        """Return the requests of a script's conversations, in their order."""
        found = [request.asked for request in self.requests if request.asked is not None]
        chats = any(script.chat for script in self.scripts if script.marker == marker)
        return [asked for asked in found if (asked.tools or chats) and _has(asked, marker)]

    def script_of(self, asked: Asked) -> Script | None:
        """Return the script of a request; one without tools (a title, say) has none but a chat."""
        played = [script for script in self.scripts if script.chat or asked.tools]
        return next((script for script in played if _has(asked, script.marker)), None)


def _has(asked: Asked, marker: str) -> bool:
    return any(marker in text for text in asked.texts)


@contextmanager
def served() -> Iterator[ModelServer]:
    """Serve until the block ends."""
    server = ModelServer()

    class Handler(_Handler):
        played = server

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        # A silent answer must not keep the test waiting.
        http.block_on_close = False
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.ends.set()
            http.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    played: ModelServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        """Answer what is asked beside answers of a model: nothing is here."""
        self._record({}, None)
        self._send(404, {"error": {"message": "not here"}})

    def do_HEAD(self) -> None:
        """Answer as to a GET."""
        self.do_GET()

    def do_CONNECT(self) -> None:
        """Refuse to be the way to any other address."""
        self._record({}, None)
        self._send(403, {"error": {"message": "no way out"}})
        self.close_connection = True

    def do_POST(self) -> None:
        """Answer as a model."""
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            self._answer(json.loads(data or b"{}"))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except Exception as error:
            self.played.failures.append(repr(error))
            raise

    def _answer(self, body: Any) -> None:
        path = self.path.partition("?")[0]
        dialect = next((module for form, module in DIALECTS if re.search(form, path)), None)
        if dialect is None:
            self._record(body, None)
            found = {"input_tokens": 100} if path.endswith("count_tokens") else {}
            self._send(200 if found else 404, found)
            return
        asked: Asked = dialect.asked_of(body)
        with self.played.lock:
            self._record(body, asked)
            script = self.played.script_of(asked)
            place = script.place_of(asked) if script else 0
            fault = script.fault(place) if script else None
            if script is not None and fault is None:
                script.answered += 1
        if fault is not None:
            self._fail(fault, dialect)
            return
        answer = Say("ok")
        if script is not None:
            folder = _only(self.played.folders[script.marker])
            answer = answer_of(script.step(place), asked, folder)
        if asked.streams and not path.endswith(":generateContent"):
            self._stream(dialect.stream(answer, asked))
        else:
            self._send(200, dialect.whole(answer, asked))

    def _record(self, body: Any, asked: Asked | None) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.played.requests.append(Request(self.command, self.path, headers, body, asked))

    def _fail(self, fault: Fault, dialect: ModuleType) -> None:
        match fault:
            case Status(status, retry_after):
                more = {} if retry_after is None else {"retry-after": str(retry_after)}
                self._send(status, dialect.error(status), more)
            case Silence(after_headers):
                if after_headers:
                    self._begin()
                self.played.ends.wait(LONGEST_SILENCE)
                self.close_connection = True
            case Cut():
                self._begin()
                self._chunk("event: ping\ndata: {")
                self.close_connection = True

    def _stream(self, events: Iterator[str]) -> None:
        self._begin()
        for event in events:
            self._chunk(event)
        self.wfile.write(b"0\r\n\r\n")

    def _begin(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _send(
        self, status: int, document: Mapping[str, Any], more: Mapping[str, str] | None = None
    ) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _only(pattern: str) -> str:
    """Return the one folder that a pattern fits, or itself where there is none yet."""
    return next(iter(glob(pattern)), pattern)
