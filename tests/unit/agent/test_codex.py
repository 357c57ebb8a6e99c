"""The call of Codex: its sandbox lets the work commit, and nothing else of git's be written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agentrelay.agent.core.adapter import TurnRequest
from agentrelay.agent.implementations.codex import CodexAdapter

ADAPTER = CodexAdapter()
SESSION = "01a2049d-489d-7771-a995-6e6a8de1f1c0"
REQUEST = TurnRequest(
    "t",
    Path("/w/tree"),
    {"HOME": "/nowhere"},
    "Do it.",
    follow_up="Mend it.",
    run=("codex",),
    worktree=Path("/w/tree"),
    writable=(Path("/g/worktrees/x"), Path('/a "b"')),
)


def test_its_sandbox_lets_it_write_where_a_commit_goes() -> None:
    argv = ADAPTER.launch(REQUEST).argv
    roots = r'sandbox_workspace_write.writable_roots=["/w/tree", "/g/worktrees/x", "/a \"b\""]'
    assert roots in argv
    assert argv[argv.index("-s") + 1] == "workspace-write"


def test_without_its_sandbox_nothing_is_said_of_folders() -> None:
    argv = ADAPTER.launch(replace(REQUEST, bypass=True)).argv
    assert "-s" not in argv
    assert not [word for word in argv if "writable_roots" in word]


def test_a_thread_is_gone_on_with_where_it_is_kept(tmp_path: Path) -> None:
    day = tmp_path / "sessions" / "2026" / "11" / "22"
    day.mkdir(parents=True)
    (day / f"rollout-2026-11-22T18-57-18-{SESSION}.jsonl").touch()
    asked = replace(REQUEST, session=SESSION, env={"CODEX_HOME": str(tmp_path)})
    assert ADAPTER.launch(asked).argv[-4:] == ("resume", SESSION, "--", "Mend it.")


def test_a_login_shell_does_not_take_our_path_away() -> None:
    assert "allow_login_shell=false" in ADAPTER.launch(REQUEST).argv
