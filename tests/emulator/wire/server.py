"""Serves an application on 127.0.0.1 and on a unix socket."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.emulator.wire.http import Request, Response

METHODS = {"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"}


@dataclass(frozen=True)
class Drop:
    """Close the connection without an answer, after ``seconds`` or when the server ends."""

    seconds: float = 0.0


Answer = Response | Drop
Application = Callable[[Request], Answer]


@dataclass(frozen=True)
class Addresses:
    """Where the application is served."""

    url: str
    socket: Path


@contextmanager
def serving(answer: Application, ending: threading.Event) -> Generator[Addresses]:
    """Serve until the block ends; ``ending`` is set then, for those who wait."""

    class Handler(_Handler):
        application = staticmethod(answer)
        ends = ending

    with ExitStack() as stack:
        # The name of a socket may have no more than about 100 characters.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="forge-"))
        path = Path(folder) / "s"
        tcp = stack.enter_context(_Server(("127.0.0.1", 0), Handler))
        unix = stack.enter_context(_UnixServer(path, Handler))
        for server in (tcp, unix):
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        stack.callback(ending.set)
        yield Addresses(f"http://127.0.0.1:{tcp.server_address[1]}", path)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A client that keeps its connection must not keep the test waiting.
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing of clients that went away; anything else is our bug."""
        del request, client_address


class _UnixServer(_Server):
    address_family = socket.AF_UNIX

    def __init__(self, path: Path, handler: type[BaseHTTPRequestHandler]) -> None:
        """Serve at a path, which the base class keeps as if it were an address."""
        self.path = path
        super().__init__(("", 0), handler)

    def server_bind(self) -> None:
        """Bind without asking for the name of the host."""
        self.socket.bind(os.fspath(self.path))
        self.server_name, self.server_port = "localhost", 0


class _Handler(BaseHTTPRequestHandler):
    """Reads requests of a connection, and writes the answers."""

    application: Application
    ends: threading.Event
    protocol_version = "HTTP/1.1"
    # Headers and body go out as one, so that no client waits for the second.
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Print nothing."""

    def address_string(self) -> str:
        """Return a name also for clients of the unix socket, which have no address."""
        return "local"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        request = Request.of(self.command, self.path, dict(self.headers.items()), body)
        answer = self.application(request)
        if isinstance(answer, Drop):
            self.ends.wait(answer.seconds)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._write(answer)

    def _write(self, answer: Response) -> None:
        self.ends.wait(answer.delay)
        data = answer.data()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if data:
            self.send_header("Content-Type", answer.kind)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Answer all methods alike; the base class looks for one that is called by theirs."""
        if name.removeprefix("do_") in METHODS:
            return self._answer
        raise AttributeError(name)
