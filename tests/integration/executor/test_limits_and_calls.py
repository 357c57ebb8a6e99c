"""What ends a program from outside: limits, and the agent's own last word."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.integration.executor.scene import Scene, until

from agentrelay._shared import questions, wake
from agentrelay._shared.questions import Answer, Question
from agentrelay.executor.core.calls import (
    WAKE,
    Call,
    Verb,
    digest_of,
    last_word,
    read_calls,
    write_call,
)
from agentrelay.executor.core.executor import Bounds, Ending, Running
from agentrelay.executor.core.records import calls_after

TOKEN = "0123456789abcdef" * 4


def test_a_program_that_does_nothing_meets_its_start_limit(scene: Scene) -> None:
    outcome = scene.outcome(scene.start("a", ("sleep", "300"), bounds=Bounds(start=0.5)))
    assert outcome.ending is Ending.START_LIMIT
    assert outcome.ended - outcome.started >= 0.5


def test_a_program_that_falls_silent_meets_its_idle_limit(scene: Scene) -> None:
    folder = scene.start("a", "echo hello; exec sleep 300", bounds=Bounds(start=0.4, idle=0.8))
    outcome = scene.outcome(folder)
    assert outcome.ending is Ending.IDLE_LIMIT
    assert outcome.ended - outcome.started >= 0.8


@pytest.mark.parametrize(
    "work",
    [
        "while :; do echo x; sleep 0.1; done",
        "while :; do :; done",
        "while :; do : > f$((i=i+1)); sleep 0.1; done",
    ],
    ids=["output", "cpu", "files"],
)
def test_a_program_that_works_meets_its_wall_limit_only(scene: Scene, work: str) -> None:
    folder = scene.start("a", work, bounds=Bounds(start=0.4, idle=1, wall=2.5))
    assert scene.outcome(folder).ending is Ending.WALL_LIMIT


def test_a_program_ends_itself_before_its_limits(scene: Scene) -> None:
    bounds = Bounds(start=20, idle=20, wall=20)
    assert scene.outcome(scene.start("a", "exit 2", bounds=bounds)).ending is Ending.EXITED


def test_a_program_that_waits_for_a_person_meets_no_limit_until_it_is_answered(
    scene: Scene, agent: Path
) -> None:
    place = scene.base / "a" / questions.FOLDER
    questions.ask(place, Question(1, "run x", "x", time.time() + 60))
    bounds = Bounds(idle=0.8, wall=2)
    folder = scene.start("a", ("sleep", "300"), bounds=bounds, calls=agent)
    begun = time.monotonic()
    until(lambda: time.monotonic() > begun + 2.5, "both limits to be over")
    assert isinstance(scene.look(folder), Running)
    questions.answer(place, 1, Answer(allowed=False))
    wake.ring(agent / WAKE)
    assert scene.outcome(folder).ending is Ending.IDLE_LIMIT


def test_a_question_that_was_left_open_keeps_no_limit_off(scene: Scene, agent: Path) -> None:
    questions.ask(scene.base / "a" / questions.FOLDER, Question(1, "run x", "x", 0.0))
    folder = scene.start("a", ("sleep", "300"), bounds=Bounds(idle=0.8), calls=agent)
    assert scene.outcome(folder).ending is Ending.IDLE_LIMIT


@pytest.fixture
def agent(scene: Scene) -> Path:
    folder = scene.base / "agent"
    folder.mkdir()
    return folder


def call(agent: Path, verb: Verb, token: str = TOKEN) -> None:
    write_call(agent, Call(verb, 1_000_000.0, "text"), token)


@pytest.mark.parametrize("verb", [Verb.DONE, Verb.FAIL])
def test_a_last_word_ends_the_turn_after_its_grace(scene: Scene, agent: Path, verb: Verb) -> None:
    folder = scene.start(
        "a", ("sleep", "300"), calls=agent, token_digest=digest_of(TOKEN), grace=0.3
    )
    until((agent / "wake").exists, "the supervisor to listen")
    call(agent, verb)
    outcome = scene.outcome(folder)
    assert outcome.ending is Ending.COMPLETED
    # Nobody waited for the next look, which is five seconds away.
    assert 0.3 <= outcome.ended - outcome.started < 4
    until(lambda: not (agent / "wake").exists(), "its FIFO to be gone")


def test_an_agent_that_leaves_within_its_grace_has_exited(scene: Scene, agent: Path) -> None:
    folder = scene.start("a", "read x < wait", calls=agent, token_digest=digest_of(TOKEN))
    call(agent, Verb.DONE)
    assert isinstance(scene.look(folder), Running) or scene.outcome(folder).ending is Ending.EXITED
    assert scene.outcome(folder).ending is Ending.EXITED


def test_notes_wrong_tokens_and_litter_end_nothing(scene: Scene, agent: Path) -> None:
    folder = scene.start(
        "a",
        ("sleep", "300"),
        calls=agent,
        token_digest=digest_of(TOKEN),
        grace=0,
        bounds=Bounds(wall=1.5),
    )
    call(agent, Verb.NOTE)
    call(agent, Verb.CONCERN)
    call(agent, Verb.DONE, token="f" * 64)
    (agent / "calls" / "zzz.json").write_text("{}")
    assert scene.outcome(folder).ending is Ending.WALL_LIMIT


def test_the_last_word_of_an_earlier_turn_does_not_end_the_next(scene: Scene, agent: Path) -> None:
    digest = digest_of(TOKEN)
    call(agent, Verb.DONE)
    folder = scene.start(
        "a", ("sleep", "300"), calls=agent, token_digest=digest, grace=0, bounds=Bounds(wall=1.5)
    )
    assert scene.outcome(folder).ending is Ending.WALL_LIMIT
    assert last_word(read_calls(agent, digest)) is not None
    assert last_word(read_calls(agent, digest, after=calls_after(folder))) is None
