from pathlib import Path

import pytest

from agentrelay.config.load import parse_graph
from agentrelay.config.render import render_problems
from agentrelay.graph.problem import GraphError, Position, Problem

GOLDEN = Path("tests/golden/problems")


@pytest.mark.parametrize(
    "path", sorted([*GOLDEN.glob("*.yaml"), *GOLDEN.glob("*.md")]), ids=lambda path: path.stem
)
def test_a_broken_graph_is_told_in_these_words(path: Path) -> None:
    """Compare with the text beside the file; after a wanted change, write the new one there."""
    with pytest.raises(GraphError) as caught:
        parse_graph(path.read_text(), path.name)
    shown = render_problems(path.name, caught.value.source, caught.value.problems)
    assert shown == path.with_suffix(".txt").read_text()


def shown(source: str, position: Position | None, **facts: object) -> list[str]:
    problem = Problem("AR-X-001", "it is wrong", position, **facts)
    return render_problems("g.yaml", source, [problem]).splitlines()


def test_the_style_of_a_problem() -> None:
    source = "\n" * 13 + "    parent_workstream_id: databse\n"
    facts = {"label": "not defined", "help": "do this", "notes": ("by the way",)}
    assert shown(source, Position(14, 27, 7), **facts) == [
        "error[AR-X-001]: it is wrong",
        "  --> g.yaml:14:27",
        "   |",
        "14 |     parent_workstream_id: databse",
        "   |                           ^^^^^^^ not defined",
        "   = note: by the way",
        "   = help: do this",
    ]


def test_without_a_position_only_the_file_is_named() -> None:
    assert shown("", None) == ["error[AR-X-001]: it is wrong", " --> g.yaml"]


def test_the_mark_stands_under_its_text_after_tabs_and_wide_characters() -> None:
    line = shown("\t日本: x\n", Position(1, 6, 1))
    assert line[3:] == ["1 |     日本: x", "  |           ^"]


def test_of_a_long_line_the_part_around_the_mark_is_shown() -> None:
    line = shown("a" * 500 + "here" + "b" * 500, Position(1, 501, 4))
    assert all(len(part) < 120 for part in line)
    column = line[4].index("^^^^")
    assert line[3][column : column + 4] == "here"


def test_what_could_steer_a_terminal_is_escaped() -> None:
    text = "\n".join(shown("x: \x1b[2J\u202e", Position(1, 4, 1), label="\x1b]0;title\x07"))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[2J\\u202e" in text


def test_a_position_outside_of_the_text_does_no_harm() -> None:
    assert shown("short", Position(1, 40, 9))[-1].endswith("^")


def test_of_very_many_problems_the_first_are_shown_and_the_rest_counted() -> None:
    problems = [Problem("AR-X-001", "wrong", Position(1, column)) for column in range(1, 1001)]
    text = render_problems("g.yaml", "x" * 1000, problems)
    assert text.count("error[") == 200
    assert text.endswith("and 800 more problems\n")
