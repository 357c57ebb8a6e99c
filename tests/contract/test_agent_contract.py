"""What every agent adapter does: a prompt is one argument, no key is, and no output is too odd."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agentrelay.agent.core.adapter import AgentAdapter, TurnRequest
from agentrelay.agent.core.report import TurnResult
from agentrelay.agent.implementations import ADAPTERS, require_adapter
from agentrelay.errors import AgentError
from agentrelay.graph.checks.references import MCP_ADAPTERS

PROMPT = "--help; `rm x` $HOME\n# Task t"
KEY = "sk-secret"
REPORTING = sorted(ADAPTERS.keys() - {"command"})
PROGRAMS = sorted(name for name in REPORTING if require_adapter(name).about.program)
BYPASS = {
    "claude": "--dangerously-skip-permissions",
    "codex": "--dangerously-bypass-approvals-and-sandbox",
    "copilot": "--allow-all",
    "gemini": "--approval-mode=yolo",
    "opencode": "--auto",
    "qwen": "--approval-mode=yolo",
}
"""How each is told that it may do whatever it likes; aider never has a shell."""
ISOLATED = [name for name in PROGRAMS if name != "aider"]


@pytest.fixture(params=REPORTING)
def adapter(request: pytest.FixtureRequest) -> AgentAdapter:
    """Return each adapter whose program reports."""
    return require_adapter(request.param)


of_a_program = pytest.mark.parametrize("adapter", PROGRAMS, indirect=True)
"""For the adapters that have a program of their own."""


@pytest.fixture
def request_(tmp_path: Path, adapter: AgentAdapter) -> TurnRequest:
    """Return a request; the program is on its PATH."""
    program = tmp_path / "bin" / (adapter.about.program or "agent")
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    keys = dict.fromkeys(adapter.about.variables, KEY)
    env = {"PATH": str(program.parent), "HOME": str(tmp_path), "AGENTRELAY_BIN": "/bin/relay"}
    worktree = tmp_path / "tree"
    return TurnRequest(
        task="t",
        cwd=worktree,
        env={**keys, **env},
        prompt=PROMPT,
        follow_up="Mend it.",
        run=None if adapter.about.program else (str(program),),
        worktree=worktree,
        model="m",
        scratch=tmp_path / "scratch",
    )


def test_the_prompt_is_told_whole_and_taken_for_no_option(
    adapter: AgentAdapter, request_: TurnRequest
) -> None:
    launch = adapter.launch(request_)
    joined = [f"--{option}={PROMPT}" for option in ("prompt", "message")]
    told = PROMPT in launch.files.values() or launch.argv[-2:] == ("--", PROMPT)
    assert told or launch.argv[-1] in joined
    assert "m" in launch.argv or '"model": "m"' in " ".join(launch.argv)


def test_no_key_is_on_the_command_line(adapter: AgentAdapter, request_: TurnRequest) -> None:
    assert KEY not in " ".join(adapter.launch(request_).argv)


@of_a_program
def test_a_session_that_is_gone_is_begun_anew(adapter: AgentAdapter, request_: TurnRequest) -> None:
    gone = replace(request_, session="0174a144-d974-4636-8d61-d9ef9f9f2b58")
    assert adapter.launch(gone).argv == adapter.launch(request_).argv


@of_a_program
def test_a_missing_program_names_its_package(adapter: AgentAdapter, request_: TurnRequest) -> None:
    bare = replace(request_, env={**request_.env, "PATH": "/nowhere"})
    with pytest.raises(AgentError) as caught:
        adapter.launch(bare)
    assert adapter.about.package in caught.value.hint


@of_a_program
def test_the_graph_may_name_the_program(adapter: AgentAdapter, request_: TurnRequest) -> None:
    argv = adapter.launch(replace(request_, run=("/opt/x", "--y"))).argv
    assert argv[argv.index("/opt/x") + 1] == "--y"
    with pytest.raises(AgentError, match="shell line"):
        adapter.launch(replace(request_, run="x --y"))


@pytest.mark.parametrize("adapter", sorted(BYPASS), indirect=True)
def test_permissions_are_bypassed_only_where_the_graph_says_so(
    adapter: AgentAdapter, request_: TurnRequest
) -> None:
    free = replace(request_, bypass=True, env={**request_.env, "IS_SANDBOX": "1"})
    assert BYPASS[adapter.about.name] in adapter.launch(free).argv
    assert BYPASS[adapter.about.name] not in adapter.launch(request_).argv


@pytest.mark.parametrize("adapter", sorted(MCP_ADAPTERS), indirect=True)
def test_an_mcp_server_is_told_of_without_the_token(
    adapter: AgentAdapter, request_: TurnRequest
) -> None:
    url, token = "http://127.0.0.1:1/mcp", "a-token"
    env = {**request_.env, "AGENTRELAY_TOKEN": token}
    home = Path("/home") if adapter.about.name in ISOLATED else None
    request = replace(request_, env=env, home=home)
    launch = adapter.launch(replace(request, mcp=url))
    told = json.dumps([launch.argv, dict(launch.env), *launch.files.values()])
    assert url in told
    assert token not in told
    # A client of ours puts the token in itself.
    assert "AGENTRELAY_TOKEN" in told or adapter.about.name == "acp"
    without = adapter.launch(request)
    assert url not in json.dumps([without.argv, dict(without.env), *without.files.values()])


@pytest.mark.parametrize("adapter", ISOLATED, indirect=True)
def test_an_isolated_agent_has_a_home_of_its_own(
    adapter: AgentAdapter, request_: TurnRequest, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    env = adapter.launch(replace(request_, home=home)).env
    assert [value for value in env.values() if value.startswith(str(home))]
    assert not [value for value in adapter.launch(request_).env.values() if str(home) in value]


@pytest.mark.parametrize("adapter", ISOLATED, indirect=True)
def test_the_files_of_a_launch_lie_in_its_own_folders(
    adapter: AgentAdapter, request_: TurnRequest, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    files = adapter.launch(replace(request_, home=home)).files
    assert all({home, request_.scratch} & {*path.parents} for path in files)
    assert KEY not in "".join(files.values())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"error: no such option\n",
        b'{"type": "resu',
        b'{"type": "unheard_of", "session_id": 7}\n[]\n{}\n',
        b"\x00\xff\n",
        json.dumps({"type": "item.completed", "item": "x" * 3_000_000}).encode() + b"\n",
    ],
)
def test_output_without_a_result_is_unknown(
    adapter: AgentAdapter, data: bytes, tmp_path: Path
) -> None:
    output = tmp_path / "output.log"
    output.write_bytes(data)
    report = adapter.report(output)
    assert report is not None
    assert report.result is TurnResult.UNKNOWN
    assert report.session is None


def test_a_missing_output_is_unknown(adapter: AgentAdapter, tmp_path: Path) -> None:
    report = adapter.report(tmp_path / "none")
    assert report is not None
    assert report.result is TurnResult.UNKNOWN


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": 7, "item": [], "message": "x"},
        {"type": "assistant", "message": {"content": [None, {"type": "tool_use", "input": 1}]}},
        {"type": "user", "message": {"content": [{"type": "tool_result", "content": 3}]}},
        {"type": "item.completed", "item": {"type": "file_change", "changes": "all"}},
    ],
)
def test_an_odd_event_tells_something_or_nothing(
    adapter: AgentAdapter, event: dict[str, object]
) -> None:
    assert adapter.about.prints_events == (adapter.about.name != "aider")
    assert all(isinstance(entry.text, str) for entry in adapter.entries(event))
