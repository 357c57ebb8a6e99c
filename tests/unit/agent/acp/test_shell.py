"""Shell lines are read only where what they run is plain to see."""

from __future__ import annotations

import pytest

from agentrelay.agent.acp import shell


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("git status", [["git", "status"]]),
        (
            "git add a && git commit -m 'x; $y `z`'",
            [["git", "add", "a"], ["git", "commit", "-m", "x; $y `z`"]],
        ),
        ('say "a \\"b\\" \\n" c\\ d', [["say", 'a "b" \\n', "c d"]]),
        ("a''b\"c\" ''", [["abc", ""]]),
        ("a | b || c; d\n e 2>&1;", [["a"], ["b"], ["c"], ["d"], ["e"]]),
        ("git diff HEAD~1 --stat", [["git", "diff", "HEAD~1", "--stat"]]),
        ("echo 日本", [["echo", "日本"]]),
    ],
)
def test_a_plain_line_is_its_commands(text: str, commands: list[list[str]]) -> None:
    line = shell.read(text)
    assert line is not None
    assert line.commands == commands
    assert len(line.joins) == len(commands) - 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "a &",
        "a && && b",
        "a > b",
        "a 2>b",
        "a < b",
        "a <<X\nX",
        "a $(b)",
        "a `b`",
        'a "$(b)"',
        'a "`b`"',
        "a $HOME",
        "a *",
        "a {b,c}",
        "(a)",
        "! a",
        "a # b",
        "cat ~/x",
        "a 'b",
        'a "b',
        "a \\\n b",
        "a\0b",
    ],
)
def test_a_line_that_could_do_more_is_not_read(text: str) -> None:
    assert shell.read(text) is None
