"""The MCP server of a run: its tools are an agent's calls, for the token of a live attempt."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.agent.mcp_client import offered, used

from agentrelay._shared.signals import publish_signal
from agentrelay.app.tool_server import ToolServer, tool_server
from agentrelay.engine.layout import RunFolders
from agentrelay.executor.core.calls import Verb, digest_of, read_calls


class Run:
    """The folders of a run, in which attempts can be begun."""

    def __init__(self, root: Path) -> None:
        self.folders = RunFolders(root)

    def attempt(self, task: str, number: int = 1) -> str:
        """Begin an attempt; return its token."""
        token = secrets.token_hex()
        folders = self.folders.attempt(task, number)
        folders.agent.mkdir(parents=True)
        manifest = {"task": task, "description": f"Do {task}.", "token_digest": digest_of(token)}
        folders.manifest.write_text(json.dumps(manifest))
        self.becomes(task, "running")
        return token

    def becomes(self, task: str, status: str) -> None:
        publish_signal(self.folders.task(task), status)

    def said(self, task: str, token: str) -> list[tuple[Verb, str, bool]]:
        calls = read_calls(self.folders.attempt(task, 1).agent, digest_of(token))
        return [(call.verb, call.text, call.empty) for call in calls]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "run")


@pytest.fixture
def server(run: Run, environment: dict[str, str]) -> Iterator[ToolServer]:
    run.folders.root.mkdir()
    with tool_server(run.folders, environment) as made:
        yield made


def status(url: str, *, token: str | None) -> int:
    """Return how a request with a token is answered."""
    place = url.removeprefix("http://").partition("/")[0]
    connection = http.client.HTTPConnection(place, timeout=30)
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    connection.request("POST", "/mcp", body, headers)
    answer = connection.getresponse()
    connection.close()
    return answer.status


def test_the_tools_are_the_calls_of_the_command_line(run: Run, server: ToolServer) -> None:
    token = run.attempt("work")
    assert offered(server.url(), token) == ["concern", "context", "done", "fail", "note", "result"]
    calls = [
        ("note", {"text": "see x"}),
        ("note", {"text": "see x"}),
        ("concern", {"text": "careful"}),
        ("fail", {"reason": "none"}),
        ("done", {"summary": "all", "empty": True}),
    ]
    assert used(server.url(), token, calls) == [
        "note of task work noted",
        "note of task work was noted before",
        "concern of task work noted",
        "fail of task work noted",
        "done of task work noted",
    ]
    assert run.said("work", token) == [
        (Verb.NOTE, "see x", False),
        (Verb.CONCERN, "careful", False),
        (Verb.FAIL, "none", False),
        (Verb.DONE, "all", True),
    ]


def test_an_agent_reads_its_own_task_and_what_came_of_others(run: Run, server: ToolServer) -> None:
    token = run.attempt("work")
    run.attempt("before")
    run.folders.attempt("before", 1).result.write_text(json.dumps({"summary": "laid it"}))
    calls = [("context", {}), *(("result", {"task": t}) for t in ("before", "work", "../before"))]
    about, came, nothing, outside = used(server.url(), token, calls)
    assert json.loads(about) == {"task": "work", "description": "Do work."}
    assert json.loads(came) == {"summary": "laid it"}
    failed = "!Error executing tool result: nothing came of a task"
    assert (nothing, outside) == (f'{failed} "work" yet', f'{failed} "../before" yet')


def test_each_agent_speaks_for_its_own_task_alone(run: Run, server: ToolServer) -> None:
    mine, other = run.attempt("mine"), run.attempt("other")
    assert used(server.url(), other, [("done", {})]) == ["done of task other noted"]
    assert run.said("mine", mine) == []


def test_only_the_token_of_an_attempt_under_way_is_let_in(run: Run, server: ToolServer) -> None:
    token = run.attempt("work")
    assert status(server.url(), token=token) == 200
    for wrong in (None, "", secrets.token_hex()):
        assert status(server.url(), token=wrong) == 401
    second = run.attempt("work", 2)
    assert [status(server.url(), token=each) for each in (token, second)] == [401, 200]
    run.becomes("work", "merged")
    assert status(server.url(), token=second) == 401


def test_it_is_up_once_its_place_is_told(server: ToolServer) -> None:
    started = time.monotonic()
    url = server.url()
    first, begun = time.monotonic() - started, time.monotonic()
    status(url, token=None)
    assert time.monotonic() - begun < first


def test_a_call_that_cannot_be_written_is_an_error(run: Run, server: ToolServer) -> None:
    token = run.attempt("work")
    run.folders.attempt("work", 1).agent.rmdir()
    run.folders.attempt("work", 1).agent.write_text("in its place")
    (answer,) = used(server.url(), token, [("done", {})])
    assert answer.startswith("!Error executing tool done: can't write to ")


def test_another_server_of_the_run_is_at_the_same_place(
    run: Run, server: ToolServer, environment: dict[str, str]
) -> None:
    token, before = run.attempt("work"), server.url()
    server.close()
    with tool_server(run.folders, environment) as another:
        another.reopen()
        assert used(before, token, [("done", {})]) == ["done of task work noted"]
        assert another.url() == before


def test_where_its_place_is_taken_it_is_elsewhere(
    run: Run, server: ToolServer, environment: dict[str, str]
) -> None:
    token, before = run.attempt("work"), server.url()
    server.close()
    port = int(run.folders.mcp_port.read_text())
    with socket.create_server(("127.0.0.1", port)), tool_server(run.folders, environment) as other:
        assert other.url() != before
        assert status(other.url(), token=token) == 200


def test_a_run_that_had_no_server_gets_none_again(run: Run, server: ToolServer) -> None:
    server.reopen()
    assert not run.folders.mcp_port.exists()
