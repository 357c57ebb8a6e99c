from __future__ import annotations

import click

from agentrelay.agent.core.transcript import Entry, Part
from agentrelay.interfaces.cli.transcript_text import entry_lines


def _plain(entry: Entry) -> list[str]:
    return [click.unstyle(line) for line in entry_lines(entry)]


def test_what_an_agent_says_is_shown_whole() -> None:
    text = "\n".join(str(number) for number in range(40))
    assert "\n".join(_plain(Entry(Part.SAID, text))) == text


def test_of_a_long_answer_the_beginning_is_shown_and_how_much_more_there_is() -> None:
    lines = _plain(Entry(Part.ANSWERED, "\n".join(map(str, range(100)))))
    assert lines[0] == "    0"
    assert lines[-1].strip() == "… 92 more lines"
    assert len(lines) == 9


def test_an_empty_answer_is_not_shown() -> None:
    assert _plain(Entry(Part.ANSWERED, "\n")) == []


def test_nothing_that_an_agent_writes_steers_the_terminal() -> None:
    for part in Part:
        text = "".join(entry_lines(Entry(part, "a\x1b]0;title\x07b", "\x1b[2J")))
        assert "\x1b]" not in text
        assert "\x07" not in text
        assert "\x1b[2J" not in text


def test_no_key_is_shown() -> None:
    for part in Part:
        assert "ghp_" not in "".join(entry_lines(Entry(part, "ghp_" + "a" * 36)))
