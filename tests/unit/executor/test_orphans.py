"""When a program whose supervisor has died is ended: at its limits, as far as they show on disk."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from agentrelay._shared import questions
from agentrelay._shared.liveness import ProcessIdentity
from agentrelay._shared.questions import Answer, Question
from agentrelay.executor.core import records
from agentrelay.executor.core.executor import Bounds
from agentrelay.executor.implementations.orphans import is_due

START = 1_000.0
STARTED = records.Started(ProcessIdentity("host", "boot", "space", 1, "then"), START)


@pytest.fixture
def order(tmp_path: Path) -> records.Order:
    """Return the order of an agent that has said nothing, in folders older than its start."""
    for name in ("turn/questions", "tree", "agent"):
        (tmp_path / name).mkdir(parents=True)
        os.utime(tmp_path / name, (START, START))
    return records.Order(
        argv=("agent",),
        cwd=tmp_path / "tree",
        marker="x",
        env_names=(),
        bounds=Bounds(idle=10, wall=100),
        wake=None,
        calls=tmp_path / "agent",
        token_digest="x",
        grace=5,
    )


def due(order: records.Order, after: float) -> bool:
    return is_due(order.cwd.parent / "turn", order, STARTED, START + after)


def test_an_agent_is_ended_at_its_limits_and_what_says_nothing_at_once(
    order: records.Order,
) -> None:
    assert not due(order, 9)
    assert due(order, 10)
    patient = replace(order, bounds=Bounds(wall=100))
    assert [due(patient, 99), due(patient, 100)] == [False, True]
    assert due(replace(order, calls=None), 0)


def test_an_agent_that_waits_for_a_person_is_not_ended_until_the_answer_is_due(
    order: records.Order,
) -> None:
    asking = order.cwd.parent / "turn" / questions.FOLDER
    questions.ask(asking, Question(1, "run x", "x", START + 500))
    os.utime(asking, (START, START))
    assert not due(order, 200)
    assert due(order, 600), "nobody closed it"
    questions.answer(asking, 1, Answer(allowed=True, by="ann"))
    os.utime(asking, (START + 50, START + 50))
    assert [due(order, 59), due(order, 60)] == [False, True]
