"""Questions to a person: files of which each is answered once, by whoever is first."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agentrelay._shared import questions
from agentrelay._shared.questions import Answer, Question

YES = Answer(allowed=True, by="ann", request="r1")


def asked(folder: Path, *numbers: int, text: str = "run x") -> Path:
    for number in numbers:
        questions.ask(folder, Question(number, text, "about", 2.0))
    return folder


def test_a_question_is_open_until_it_is_answered(tmp_path: Path) -> None:
    folder = tmp_path / "questions"
    assert questions.open_questions(folder) == []
    asked(folder, 10, 9)
    assert [each.number for each in questions.open_questions(folder)] == [9, 10]
    assert questions.answer(folder, 9, YES) == YES
    assert questions.open_questions(folder) == [Question(10, "run x", "about", 2.0)]
    assert questions.is_open(folder, 1.0)
    questions.answer(folder, 10, YES)
    assert not questions.is_open(folder, 1.0)


def test_a_question_that_nobody_closed_is_not_open_for_good(tmp_path: Path) -> None:
    asked(tmp_path, 1)
    assert questions.is_open(tmp_path, 61.0)
    assert not questions.is_open(tmp_path, 63.0)
    questions.ask(tmp_path, Question(2, "run y", "about", 90.0))
    assert questions.is_open(tmp_path, 63.0)


def test_the_first_answer_stands(tmp_path: Path) -> None:
    asked(tmp_path, 1)
    late = Answer(allowed=False)
    assert questions.find_answer(tmp_path, 1) is None
    assert questions.answer(tmp_path, 1, YES) == YES
    assert questions.answer(tmp_path, 1, late) == YES
    assert questions.find_answer(tmp_path, 1) == YES


DEEP = "[" * 100_000


@pytest.mark.parametrize("content", ["", "[]", '{"allowed": true}', "{", DEEP])
def test_an_answer_that_can_t_be_read_allows_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "1.answer.json").write_text(content)
    (tmp_path / "2.answer.json").mkdir()
    for number in (1, 2):
        assert questions.find_answer(tmp_path, number) == Answer(allowed=False)


@pytest.mark.parametrize("until", ["1e30", "Infinity", "NaN", "-1", '"x"', "null", DEEP])
def test_what_is_no_question_is_passed_over(tmp_path: Path, until: str) -> None:
    asked(tmp_path, 1)
    (tmp_path / "2.json").write_text(f'{{"text": "x", "about": "x", "until": {until}}}')
    (tmp_path / "x.json").write_text("{}")
    (tmp_path / "3.json").mkdir()
    os.mkfifo(tmp_path / "4.json")
    assert [each.number for each in questions.open_questions(tmp_path)] == [1]


def test_a_text_that_is_cut_says_so_and_is_cut_once(tmp_path: Path) -> None:
    text = "x" * (questions.MAX_TEXT + 7)
    asked(tmp_path, 1, text=text)
    (question,) = questions.open_questions(tmp_path)
    kept = question.text.rstrip("]").removesuffix("more characters").split("[and ")
    assert len(kept[0].strip()) + int(kept[1]) == len(text)
    assert questions.cut(question.text) == question.text


def test_a_text_that_nobody_cut_is_cut_when_it_is_read(tmp_path: Path) -> None:
    said = {"text": "x" * 50_000, "about": "y" * 9_000, "until": 2.0}
    (tmp_path / "1.json").write_text(json.dumps(said))
    (question,) = questions.open_questions(tmp_path)
    assert max(len(question.text), len(question.about)) <= questions.MAX_TEXT
