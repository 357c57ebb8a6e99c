"""The one MCP server of a run, in a process of its own that ends with ours."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from agentrelay._shared.atomic import publish
from agentrelay._shared.process import Dialogue
from agentrelay.agent.implementations.programs import find_distribution, require_distribution
from agentrelay.engine.layout import RunFolders

HOST = "127.0.0.1"
DISTRIBUTION = "mcp"
PACKAGE = "the Python package mcp (the extra agentrelay[mcp])"


def require_mcp(who: str) -> None:
    """Raise AgentError where the package is not installed without which ``who`` has no tools."""
    require_distribution(who, DISTRIBUTION, PACKAGE)


class ToolServer:
    """The server of a run, started when it is first asked for. Safe from several threads."""

    def __init__(self, run: RunFolders, environ: Mapping[str, str]) -> None:
        """Start nothing yet."""
        self._run = run
        self._environ = environ
        self._guard = threading.Lock()
        self._server: Dialogue | None = None
        self._port = 0
        self._is_up = False

    def url(self) -> str:
        """Return where the server is, once it is up; AgentError where its package is missing.

        The port is that of the run's earlier server where it is free, so that agents which
        outlived that one find the tools again.
        """
        with self._guard:
            server = self._require_server()
            if not self._is_up:
                # Codex goes on without tools that are not there at once. A server that has ended
                # keeps nobody from working: the calls can be made by the command as well.
                with suppress(EOFError):
                    server.line()
                self._is_up = True
            return f"http://{HOST}:{self._port}/mcp"

    def reopen(self) -> None:
        """Start the server again where an earlier process of this run had one."""
        if self._run.mcp_port.is_file() and find_distribution(DISTRIBUTION) is not None:
            with self._guard:
                self._require_server()

    def close(self) -> None:
        """End the server, if there is one."""
        with self._guard:
            if self._server is not None:
                self._server.close()

    def _require_server(self) -> Dialogue:
        if self._server is None:
            require_mcp("an agent with `mcp: true`")
            # Ours from here on: who connects before the server is up waits for it.
            with _listener(self._run.mcp_port) as listener:
                self._port = listener.getsockname()[1]
                self._server = self._started(listener)
        return self._server

    def _started(self, listener: socket.socket) -> Dialogue:
        module = "agentrelay.interfaces.mcp"
        descriptor = listener.fileno()
        argv = [sys.executable, "-P", "-m", module, str(descriptor), str(self._run.root)]
        return Dialogue(argv, cwd=Path("/"), env=self._environ, keep=[descriptor])


@contextmanager
def tool_server(run: RunFolders, environ: Mapping[str, str]) -> Generator[ToolServer]:
    """Give the server of a run, which ends with the block."""
    server = ToolServer(run, environ)
    try:
        yield server
    finally:
        server.close()


def _listener(record: Path) -> socket.socket:
    """Return a socket at the recorded port if that is free, else at any; it is recorded."""
    try:
        listener = socket.create_server((HOST, int(record.read_text())))
    except (OSError, ValueError):
        listener = socket.create_server((HOST, 0))
    publish(record, f"{listener.getsockname()[1]}\n")
    return listener
