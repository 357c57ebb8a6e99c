"""The call of Qwen Code: rules say where it may edit and what its shell may run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from agentrelay.agent.core.adapter import TurnRequest
from agentrelay.agent.implementations.qwen import QwenAdapter

ADAPTER = QwenAdapter()
SESSION = "40f6b39a-665c-45ba-b9cb-4615fa96ff72"
REQUEST = TurnRequest(
    "t",
    Path("/w/tree"),
    {"HOME": "/nowhere", "AGENTRELAY_BIN": "/opt/agentrelay", "AGENTRELAY_ATTEMPT_DIR": "/a"},
    "Do it.",
    follow_up="Mend it.",
    run=("qwen",),
    worktree=Path("/w/tree"),
    commands=(("pytest", "-q"), "make a,b"),
)


def test_its_rules_allow_what_the_work_needs() -> None:
    argv = ADAPTER.launch(REQUEST).argv
    assert "--approval-mode=default" in argv
    assert {
        "--allowed-tools=Edit(//w/tree/**)",
        "--allowed-tools=write_file(//w/tree/**)",
        "--allowed-tools=write_file(//a/**)",
        "--allowed-tools=run_shell_command(git commit)",
        "--allowed-tools=run_shell_command(/opt/agentrelay task)",
        "--allowed-tools=run_shell_command(pytest -q)",
    } <= set(argv)


def test_a_comma_does_not_make_one_rule_two_that_are_wider() -> None:
    assert not [word for word in ADAPTER.launch(REQUEST).argv if "make a" in word]


def test_it_is_given_defaults_unless_the_graph_names_others(tmp_path: Path) -> None:
    variable = "QWEN_CODE_SYSTEM_DEFAULTS_PATH"
    launch = ADAPTER.launch(replace(REQUEST, scratch=tmp_path, mcp="http://127.0.0.1:1/mcp"))
    ((path, text),) = launch.files.items()
    assert launch.env[variable] == str(path)
    assert json.loads(text)["model"]["generationConfig"]["maxRetries"] == 0
    assert json.loads(text)["mcpServers"]["agentrelay"]["httpUrl"] == "http://127.0.0.1:1/mcp"
    named = replace(REQUEST, env={**REQUEST.env, variable: "/own.json"})
    assert variable not in ADAPTER.launch(named).env


def test_a_key_of_openai_says_what_it_is_for() -> None:
    keyed = replace(REQUEST, env={**REQUEST.env, "OPENAI_API_KEY": "k"})
    assert "--auth-type=openai" in ADAPTER.launch(keyed).argv
    assert "--auth-type=openai" not in ADAPTER.launch(REQUEST).argv


def test_a_session_is_gone_on_with_where_it_is_kept(tmp_path: Path) -> None:
    chats = tmp_path / "projects" / "-w-tree" / "chats"
    chats.mkdir(parents=True)
    (chats / f"{SESSION}.jsonl").touch()
    env = {**REQUEST.env, "QWEN_HOME": str(tmp_path)}
    argv = ADAPTER.launch(replace(REQUEST, session=SESSION, env=env)).argv
    assert argv[-3:] == ("--resume", SESSION, "--prompt=Mend it.")
