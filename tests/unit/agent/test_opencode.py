"""The call of opencode: rules, of which the last that matches counts, and the prompt in a file."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from agentrelay.agent.core.adapter import AgentLaunch, TurnRequest
from agentrelay.agent.core.report import TurnResult
from agentrelay.agent.implementations.opencode import OpencodeAdapter

ADAPTER = OpencodeAdapter()
SESSION = "ses_ddfca4e18ffekumg2pMTcvOPdI"
REQUEST = TurnRequest(
    "t",
    Path("/w/tree/sub"),
    {"HOME": "/nowhere", "AGENTRELAY_BIN": "/opt/agentrelay", "AGENTRELAY_ATTEMPT_DIR": "/r/a"},
    'Say "it" 007',
    follow_up="Mend it.",
    run=("opencode",),
    worktree=Path("/w/tree"),
    readable=(Path("/r"),),
    commands=(("pytest", "-q"),),
    scratch=Path("/turn/launch"),
)


def settings(launch: AgentLaunch) -> dict[str, Any]:
    return json.loads(launch.env["OPENCODE_CONFIG_CONTENT"])


def test_it_may_edit_here_run_what_the_work_needs_and_read_the_run() -> None:
    rules = settings(ADAPTER.launch(REQUEST))["permission"]
    assert rules["*"] == "deny"
    assert rules["edit"] == {"*": "allow", "../*": "deny", "../../r/a/*": "allow"}
    assert rules["external_directory"] == {"*": "deny", "/r/*": "allow"}
    assert next(iter(rules["bash"].items())) == ("*", "deny")
    assert {"git commit *", "/opt/agentrelay task *", "pytest -q"} <= rules["bash"].keys()
    assert "webfetch" not in rules


def test_without_its_permissions_nothing_is_said_of_them() -> None:
    launch = ADAPTER.launch(replace(REQUEST, bypass=True))
    assert settings(launch) == {"autoupdate": False, "share": "disabled"}


def test_its_prompt_is_its_input_as_it_stands() -> None:
    launch = ADAPTER.launch(REQUEST)
    assert launch.argv[:4] == ("sh", "-c", 'exec 0<"$0"; exec "$@"', "/turn/launch/prompt.md")
    assert launch.files == {Path("/turn/launch/prompt.md"): 'Say "it" 007'}
    assert launch.argv[launch.argv.index("--dir") + 1] == "/w/tree/sub"


def test_a_session_is_gone_on_with_where_it_is_kept(tmp_path: Path) -> None:
    (tmp_path / "opencode").mkdir()
    with closing(sqlite3.connect(tmp_path / "opencode" / "opencode.db")) as database:
        database.execute("CREATE TABLE session (id TEXT)")
        database.execute("INSERT INTO session VALUES (?)", (SESSION,))
        database.commit()
    env = {**REQUEST.env, "XDG_DATA_HOME": str(tmp_path)}
    launch = ADAPTER.launch(replace(REQUEST, session=SESSION, env=env))
    assert launch.argv[-2:] == ("--session", SESSION)
    assert list(launch.files.values()) == ["Mend it."]
    gone = ADAPTER.launch(replace(REQUEST, session="ses_other", env=env))
    assert "--session" not in gone.argv


def test_a_step_that_calls_a_tool_is_no_end(tmp_path: Path) -> None:
    output = tmp_path / "output.log"
    part = {"reason": "tool-calls", "tokens": {"input": 1, "output": 2, "reasoning": 3}}
    output.write_text(json.dumps({"type": "step_finish", "part": part}))
    report = ADAPTER.report(output)
    assert report is not None
    assert report.result is TurnResult.UNKNOWN
    assert report.usage is not None
    assert report.usage.output == 5
    assert report.cost is None
