"""How commands end badly: one shape for people, one for programs, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import click
import pytest

from agentrelay.errors import AgentRelayError, GitError, InternalError, LockHeldError
from agentrelay.interfaces.cli.failure import exit_code_of, rendered


def raising(error: BaseException) -> NoReturn:
    raise error


def test_an_error_has_its_code_its_hint_and_its_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = LockHeldError("it is being run", hint="agentrelay status")
    assert exit_code_of(lambda: raising(error), []) == 6
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "error[AR-RUN-001]: it is being run\n  = help: agentrelay status\n"


def test_with_json_a_failure_is_one_document_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(lambda: raising(LockHeldError("held", hint="wait")), ["x", "--json"]) == 6
    said = capsys.readouterr()
    assert said.err == ""
    assert json.loads(said.out) == {
        "error": {"code": "AR-RUN-001", "message": "held", "hint": "wait"}
    }


def test_json_after_a_double_dash_is_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code_of(lambda: raising(LockHeldError("held")), ["x", "--", "--json"])
    assert capsys.readouterr().out == ""


def test_a_failed_program_is_shown_with_its_own_words() -> None:
    error = GitError(
        "git push: refused",
        argv=("git", "push", "https://u:pass@host/x"),
        cwd=Path("/somewhere"),
        stderr="remote: first\nfatal: \x1b[31mno entry\n",
    )
    text = rendered(error)
    assert "ran git push https://[redacted]@host/x in /somewhere" in text
    assert "it said: fatal: \\x1b[31mno entry" in text
    assert "\x1b[31mno" not in text


@pytest.mark.parametrize("error", [ZeroDivisionError("oops"), InternalError("oops")])
def test_a_bug_is_reported_in_a_file_and_not_on_the_screen(
    error: Exception, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "ghp_" + "a" * 36
    assert exit_code_of(lambda: raising(error), ["run", secret]) == 70
    said = capsys.readouterr().err
    assert "AR-BUG-001" in said
    assert "Traceback" not in said
    (report,) = (Path(environment["XDG_STATE_HOME"]) / "agentrelay").iterdir()
    assert str(report) in said
    text = report.read_text()
    assert "Traceback" in text
    assert secret not in text


def test_an_unwritable_state_folder_still_gives_a_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(file))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    assert exit_code_of(lambda: raising(RuntimeError("x")), []) == 70
    assert "temporary" in capsys.readouterr().err


def test_a_usage_error_says_where_help_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(lambda: raising(click.UsageError("no such option")), []) == 2
    assert "help: agentrelay --help" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.exceptions.Abort()])
def test_an_interruption_is_quiet(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(lambda: raising(error), []) == 130
    assert capsys.readouterr().err == ""


def test_a_code_that_a_command_returns_is_the_exit_code() -> None:
    assert exit_code_of(lambda: 5, []) == 5
    assert exit_code_of(lambda: None, []) == 0


def test_every_error_has_a_code_of_its_own_form() -> None:
    classes = [AgentRelayError, *AgentRelayError.__subclasses__()]
    assert all(each.code.startswith("AR-") for each in classes)
