"""Serve a run's tools: what ``python -m agentrelay.interfaces.mcp DESCRIPTOR RUN`` does.

It listens on the socket that it inherits, prints a line when it is up, and ends when its input is
closed: with the orchestrator.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import uvicorn

from agentrelay.engine.layout import RunFolders
from agentrelay.interfaces.mcp.door import Door
from agentrelay.interfaces.mcp.tools import tools

LEAVE = 1
"""A second for requests that are under way; a call that was made is on disk by then."""


class _Server(uvicorn.Server):
    """A server that says when it is up."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # Whoever started us waits for it.
        os.write(1, b"up\n")


def main() -> None:
    """Serve the tools of the run that our command line names."""
    descriptor, root = sys.argv[1:]
    run = RunFolders(Path(root))
    # Without sessions an agent that has begun before a restart can go on after it.
    app = tools().streamable_http_app(stateless_http=True, json_response=True)
    config = uvicorn.Config(
        Door(app, run),
        loop="asyncio",
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=LEAVE,
    )
    with socket.socket(fileno=int(descriptor)) as listener:
        asyncio.run(_serve(_Server(config), listener))


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    def told() -> None:
        if not os.read(sys.stdin.fileno(), 1):
            asyncio.get_running_loop().remove_reader(sys.stdin)
            server.should_exit = True

    asyncio.get_running_loop().add_reader(sys.stdin, told)
    await server.serve([listener])


if __name__ == "__main__":
    main()
