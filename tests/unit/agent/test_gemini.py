"""The call of Gemini CLI: a policy lets its shell do what the work needs."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from agentrelay.agent.core.adapter import TurnRequest
from agentrelay.agent.core.report import TurnResult, Usage
from agentrelay.agent.implementations.gemini import GeminiAdapter

ADAPTER = GeminiAdapter()
SESSION = "451e8926-181e-42da-8760-3e0c7785a9df"
REQUEST = TurnRequest(
    "t",
    Path("/w/tree"),
    {
        "HOME": "/nowhere",
        "AGENTRELAY_BIN": "/opt/my bin/agentrelay",
        "AGENTRELAY_ATTEMPT_DIR": "/a",
    },
    "Do it.",
    follow_up="Mend it.",
    run=("gemini",),
    worktree=Path("/w/tree"),
    commands=(("pytest", "-k", 'a "b"'), "make check && echo ok"),
    scratch=Path("/turn/launch"),
)


def rules(request: TurnRequest) -> list[dict[str, Any]]:
    return tomllib.loads(ADAPTER.launch(request).files[Path("/turn/launch/policy.toml")])["rule"]


def test_its_policy_allows_what_the_work_needs_and_no_fetching() -> None:
    argv = ADAPTER.launch(REQUEST).argv
    assert argv[argv.index("--policy") + 1] == "/turn/launch/policy.toml"
    shell, fetch = rules(REQUEST)
    assert {
        "git commit",
        "'/opt/my bin/agentrelay' task",
        "pytest -k 'a \"b\"'",
        "make check && echo ok",
        "make check",
        "echo ok",
    } <= set(shell["commandPrefix"])
    assert "git push" not in shell["commandPrefix"]
    assert (fetch["toolName"], fetch["decision"]) == ("web_fetch", "deny")


def test_it_may_write_where_the_attempt_keeps_its_files_and_in_all_of_the_worktree() -> None:
    assert "--include-directories=/a" in ADAPTER.launch(REQUEST).argv
    deep = ADAPTER.launch(replace(REQUEST, cwd=Path("/w/tree/sub"))).argv
    assert "--include-directories=/w/tree" in deep


def test_a_session_is_gone_on_with_where_it_is_kept(tmp_path: Path) -> None:
    chats = tmp_path / ".gemini" / "tmp" / "tree" / "chats"
    chats.mkdir(parents=True)
    (chats / f"session-2026-11-28T03-40-{SESSION[:8]}.jsonl").touch()
    asked = replace(REQUEST, session=SESSION, env={**REQUEST.env, "HOME": str(tmp_path)})
    argv = ADAPTER.launch(asked).argv
    assert argv[-3:] == ("--resume", SESSION, "--prompt=Mend it.")


def test_an_isolated_one_has_settings_of_its_own(tmp_path: Path) -> None:
    launch = ADAPTER.launch(replace(REQUEST, home=tmp_path))
    settings = json.loads(launch.files[tmp_path / ".gemini" / "settings.json"])
    assert settings["privacy"] == {"usageStatisticsEnabled": False}
    assert launch.env["GEMINI_CLI_HOME"] == str(tmp_path)


def test_thoughts_count_as_output(tmp_path: Path) -> None:
    output = tmp_path / "output.log"
    stats = {
        "total_tokens": 200,
        "input_tokens": 150,
        "output_tokens": 7,
        "cached": 30,
        "input": 120,
    }
    output.write_text(json.dumps({"type": "result", "status": "success", "stats": stats}))
    report = ADAPTER.report(output)
    assert report is not None
    assert report.usage == Usage(120, 30, 0, 50)


def test_a_quota_that_is_used_up_is_no_failure_of_the_task(tmp_path: Path) -> None:
    output = tmp_path / "output.log"
    error = {"message": "You have exhausted your daily quota on this model."}
    output.write_text(json.dumps({"type": "result", "status": "error", "error": error}))
    report = ADAPTER.report(output)
    assert report is not None
    assert report.result is TurnResult.RATE_LIMITED
