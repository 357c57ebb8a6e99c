"""The table of commands, their help, and the codes that can be explained."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

import agentrelay
from agentrelay.interfaces.cli.codes import CODES
from agentrelay.interfaces.cli.main import COMMANDS, main
from agentrelay.interfaces.cli.main import agentrelay as group
from agentrelay.interfaces.cli.undoing import EFFECTS

SOURCES = Path(agentrelay.__file__).parent
CODE = re.compile(r"\bAR-[A-Z]+-\d{3}\b")


def called(*argv: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def leaves(name: str, command: click.Command) -> list[str]:
    if not isinstance(command, click.Group):
        return [name]
    return [
        leaf for sub, each in command.commands.items() for leaf in leaves(f"{name} {sub}", each)
    ]


def all_leaves() -> list[str]:
    context = click.Context(group)
    found: list[str] = []
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        found += leaves(name, command)
    return found


@pytest.mark.parametrize("name", all_leaves())
def test_help_begins_with_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(*name.split(), "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith("Examples:\n")
    assert f"Usage: agentrelay {name}" in said


def test_the_help_lists_every_command_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("--help") == 0
    said = capsys.readouterr().out
    assert said.startswith("Examples:\n")
    for name, entry in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(entry.about)}$", said, re.MULTILINE)


def test_a_misspelt_command_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("aprove", "x") == 2
    assert 'did you mean "approve"?' in capsys.readouterr().err


def test_every_code_in_the_sources_is_explained() -> None:
    used = {
        code for path in SOURCES.rglob("*.py") for code in CODE.findall(path.read_text("utf-8"))
    }
    assert used == set(CODES)


@pytest.mark.parametrize("code", ["AR-GRAPH-012", "ar-run-001"])
def test_explain_says_what_a_code_means(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert called("explain", code) == 0
    assert CODES[code.upper()].title in capsys.readouterr().out


def test_an_unknown_code_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("explain", "AR-RUN-101") == 2
    assert "did you mean" in capsys.readouterr().err


def test_help_is_a_word_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("help") == 0
    assert capsys.readouterr().out.startswith("Examples:\n")
    assert called("help", "run") == 0
    assert "Usage: agentrelay run" in capsys.readouterr().out


def test_the_folder_after_the_command_is_told_where_it_belongs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert called("status", "-C", ".") == 2
    assert "agentrelay -C DIR COMMAND" in capsys.readouterr().err


UNDOING = ("retry", "reset", "revert", "cancel", "clean", "run", "recover", "gc")


def test_one_table_says_what_undoes_and_redoes(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("help", "undo") == 0
    alone = capsys.readouterr().out
    assert alone.startswith("Undo and redo:\n")
    assert called("--help") == 0
    assert capsys.readouterr().out.endswith(alone)
    assert {name.split()[0] for name in EFFECTS} == set(UNDOING)
    words = " ".join(alone.split())
    for name, effects in EFFECTS.items():
        assert f"{name} {effects.changes}. Keeps {effects.keeps}. Undo: {effects.undo}." in words


@pytest.mark.parametrize("name", [name for name in UNDOING if name in COMMANDS])
def test_each_of_them_has_its_rows_in_its_own_help(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(name, "--help") == 0
    words = " ".join(capsys.readouterr().out.split())
    for row in (row for row in EFFECTS if row.split()[0] == name):
        assert EFFECTS[row].undo in words
    assert words.endswith("All commands that undo and redo: agentrelay help undo")
