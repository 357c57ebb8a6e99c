"""Requests as files: what comes back of them, and what is passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentrelay.engine.inbox import (
    Answer,
    Request,
    publish_answer,
    remove,
    send,
    take_answer,
    waiting,
)


def test_requests_are_found_in_the_order_of_their_ids(tmp_path: Path) -> None:
    second, first = Request("02", "retry", "ann", "l"), Request("01", "cancel", "bob")
    for request in (second, first):
        send(tmp_path, tmp_path / "wake", request)
    assert waiting(tmp_path) == [first, second]
    remove(tmp_path, "01")
    remove(tmp_path, "01")
    assert waiting(tmp_path) == [second]


def test_an_answer_is_taken_once_and_is_no_request(tmp_path: Path) -> None:
    publish_answer(tmp_path, "01", Answer(granted=True, text="done"))
    assert waiting(tmp_path) == []
    assert take_answer(tmp_path, "01") == Answer(granted=True, text="done")
    assert take_answer(tmp_path, "01") is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({"id": "other", "verb": "retry", "by": "x"}),
        json.dumps({"id": "01", "verb": "retry", "by": "x", "approval": None}),
        json.dumps({"id": "01", "verb": "retry", "by": "x", "approval": []}),
        json.dumps({"id": "01", "verb": "approve", "by": "x", "approval": {"head": 1}}),
        json.dumps({"id": "01", "verb": ["retry"], "by": "x"}),
        json.dumps({"id": "01", "verb": "retry", "by": "x", "task": {"a": 1}}),
        json.dumps({"id": "01", "verb": "retry", "by": "x", "more": 1}),
    ],
)
def test_what_is_no_request_is_passed_over(tmp_path: Path, content: str) -> None:
    (tmp_path / "01.json").write_text(content)
    assert waiting(tmp_path) == []


def test_there_need_be_no_inbox(tmp_path: Path) -> None:
    assert waiting(tmp_path / "none") == []
