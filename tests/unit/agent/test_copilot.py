"""The call of Copilot CLI: it tells commands apart by their programs, and only git's further."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agentrelay.agent.core.adapter import TurnRequest
from agentrelay.agent.implementations.copilot import CopilotAdapter

ADAPTER = CopilotAdapter()
SESSION = "8a91e6c2-8415-403f-8c5b-e3682d3eb58c"
REQUEST = TurnRequest(
    "t",
    Path("/w/tree"),
    {"HOME": "/nowhere", "AGENTRELAY_BIN": "/opt/agentrelay", "AGENTRELAY_ATTEMPT_DIR": "/a"},
    "Do it.",
    follow_up="Mend it.",
    run=("copilot",),
    worktree=Path("/w/tree"),
    readable=(Path("/r"),),
    commands=(("pytest", "-q"), "make check && echo ok"),
)


def test_it_may_edit_here_and_run_what_the_work_needs() -> None:
    argv = ADAPTER.launch(REQUEST).argv
    assert {word for word in argv if word.startswith("--add-dir")} == {
        f"--add-dir={folder}" for folder in ("/w/tree", "/a", "/r", "/opt")
    }
    assert {
        "--allow-tool=write(/w/tree/**)",
        "--allow-tool=write(/a/**)",
        "--allow-tool=shell(git commit:*)",
        "--allow-tool=shell(/opt/agentrelay)",
        "--allow-tool=shell(pytest)",
        "--allow-tool=shell(make)",
        "--allow-tool=shell(echo)",
    } <= set(argv)
    assert "--allow-tool=shell(git push:*)" not in argv
    assert "--allow-tool=write(/r/**)" not in argv


def test_a_session_is_gone_on_with_where_it_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "session-state" / SESSION
    kept.mkdir(parents=True)
    (kept / "events.jsonl").touch()
    env = {**REQUEST.env, "COPILOT_HOME": str(tmp_path)}
    argv = ADAPTER.launch(replace(REQUEST, session=SESSION, env=env)).argv
    assert argv[-2:] == (f"--resume={SESSION}", "--prompt=Mend it.")


def test_the_forges_own_tokens_are_not_passed_on() -> None:
    assert not {"GH_TOKEN", "GITHUB_TOKEN"} & ADAPTER.about.variables
