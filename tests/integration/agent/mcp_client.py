"""A client of a run's MCP server, for tests and for agents that they make up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

Calls = Sequence[tuple[str, Mapping[str, Any]]]


def used(url: str, token: str, calls: Calls) -> list[str]:
    """Return what the tools of a server answer, with ``!`` before what is an error."""
    return asyncio.run(_used(url, token, calls))


def offered(url: str, token: str) -> list[str]:
    """Return the names of the tools that a server offers."""
    return asyncio.run(_offered(url, token))


async def _used(url: str, token: str, calls: Calls) -> list[str]:
    async with _session(url, token) as session:
        answers = [await session.call_tool(name, dict(given)) for name, given in calls]
    return [
        ("!" if answer.is_error else "") + "".join(part.text for part in answer.content)
        for answer in answers
    ]


async def _offered(url: str, token: str) -> list[str]:
    async with _session(url, token) as session:
        return sorted(tool.name for tool in (await session.list_tools()).tools)


@asynccontextmanager
async def _session(url: str, token: str) -> AsyncGenerator[ClientSession]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False) as http,
        streamable_http_client(url, http_client=http) as (reader, writer),
        ClientSession(reader, writer) as session,
    ):
        await session.initialize()
        yield session
