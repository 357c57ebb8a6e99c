"""Foreign text steers no terminal and shows no key."""

from __future__ import annotations

import pytest

from agentrelay.interfaces.cli.text import shown, shown_block


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "a\rb", "\u202eevil", "\u2066x", "\x08"]
)
def test_nothing_that_steers_a_terminal_is_left(hostile: str) -> None:
    assert shown(f"before {hostile} after").isprintable()
    assert all(part.isprintable() for part in shown_block(hostile).replace("\t", "").split("\n"))


def test_a_block_keeps_its_lines_and_tabs() -> None:
    assert shown_block("one\r\n\ttwo\n") == "one\n\ttwo\n"
    assert shown("one\ntwo") == "one\\ntwo"


@pytest.mark.parametrize(
    "key",
    [
        "ghp_" + "a1" * 18,
        "ghs_" + "Z9" * 18,
        "github_pat_" + "11AAAA_bbbb" * 4,
        "glpat-" + "x" * 20,
        "sk-ant-" + "y3" * 20,
        "AKIA" + "ABCD" * 4,
    ],
)
def test_a_key_is_not_readable(key: str) -> None:
    assert key not in shown(f"token={key}, and more")
    assert "[redacted], and more" in shown(f"token={key}, and more")


def test_the_password_of_a_url_is_not_readable() -> None:
    assert shown("https://me:secret@example.invalid/x") == "https://[redacted]@example.invalid/x"


@pytest.mark.parametrize("word", ["sk-short", "ask-for-what-is-needed", "AKIAshort", "task-one"])
def test_what_only_looks_a_little_like_a_key_is_left(word: str) -> None:
    assert shown(word) == word
