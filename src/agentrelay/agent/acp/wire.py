"""Carry messages to the agent and from it: JSON objects, one a line, over its input and output.

A line that is none is kept as noise and ends nothing, nor does one of many megabytes.
"""

from __future__ import annotations

import asyncio
import json
from typing import IO, Any, cast

from agentrelay._shared.process import Piped
from agentrelay.agent.acp.transcript import Transcript

LONGEST = 64 * 1024 * 1024
"""Bytes of a line beyond which it is dropped; agents send whole files in one."""
MAX_NOISE = 10_000
"""Characters of what is no message that are kept of one line."""


class Wire:
    """The messages of one agent, as the package ``acp`` wants its transports."""

    def __init__(self, agent: Piped, transcript: Transcript) -> None:
        """Carry the messages of ``agent``, once it is ``opened``."""
        self._agent = agent
        self._transcript = transcript
        self._output = asyncio.StreamReader(LONGEST)
        self._pipes: list[asyncio.BaseTransport] = []
        self._noise: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to listen to both outputs of the agent."""
        errors = asyncio.StreamReader(LONGEST)
        await self._listen(self._output, self._agent.output)
        await self._listen(errors, self._agent.errors)
        loop = asyncio.get_running_loop()
        self._input, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, self._agent.input)
        self._pipes.append(self._input)
        self._noise = asyncio.create_task(self._keep_noise(errors))

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message."""
        self._input.write(json.dumps(message).encode() + b"\n")

    async def receive(self) -> dict[str, Any] | None:
        """Return the next message, None where there will be no more."""
        while line := await _line(self._output):
            try:
                found: object = json.loads(line)
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict):
                return cast("dict[str, Any]", found)
            self._keep(line)
        return None

    async def close(self) -> None:
        """Send no more; what the agent still says is noise."""
        self._input.close()

    def drop(self) -> None:
        """Listen no longer."""
        if self._noise is not None:
            self._noise.cancel()
        for pipe in self._pipes:
            pipe.close()

    async def _listen(self, reader: asyncio.StreamReader, pipe: IO[bytes]) -> None:
        loop = asyncio.get_running_loop()
        made, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        self._pipes.append(made)

    async def _keep_noise(self, errors: asyncio.StreamReader) -> None:
        while line := await _line(errors):
            self._keep(line)

    def _keep(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").strip()
        if text:
            self._transcript.say("noise", text=text[:MAX_NOISE])


async def _line(reader: asyncio.StreamReader) -> bytes:
    """Return the next line, with its end; nothing where there is none any more."""
    while True:
        try:
            return await reader.readline()
        except ValueError:
            # It was too long, and is dropped as far as it was read.
            continue
