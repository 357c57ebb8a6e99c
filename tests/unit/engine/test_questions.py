"""What agents ask people while they wait: known, named, answered once, and forgotten in time."""

from __future__ import annotations

from typing import Any

import pytest
from tests.adapters.simulated_world import SimulatedRun
from tests.unit.engine.test_taking import kinds, shop

from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.news import is_news
from agentrelay.interfaces.cli.reporter import PlainNarrator
from agentrelay.interfaces.views.needs import answers, needs_you
from agentrelay.interfaces.views.waits import lane_wait, task_wait
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft
from agentrelay.task.core.task import TaskStatus

KEY = "turn.start/1/api/1/a/1/1"
WISH = {"text": "run x", "about": "abc", "until": "2027-01-15T09:00:00.000Z"}
NEEDED = "permission to run x, until 2027-01-15 09:00 UTC"


def asked(number: int = 1) -> Draft:
    facts = {"key": KEY, "question": number, **WISH}
    return Draft(ev.TURN_ASKED, "api", "a", 1, 1, facts)


class AtWork(SimulatedRun):
    """A run whose first task's agent works until ``ending`` is sent."""

    ending: Draft


def at_work(*numbers: int) -> AtWork:
    """Return a run whose agent waits with questions."""
    run = AtWork(shop("api: a"))
    run.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
    while not run.snapshot.programs:
        run.send(run._inputs.popleft())
    run.ending = run._inputs.popleft()
    for number in numbers:
        run.send(asked(number))
    return run


def said(decision: str, number: int = 1, **more: str) -> dict[str, str]:
    return {"question": str(number), "answer": decision, **more}


def test_a_question_is_a_wait_with_a_name_and_the_commands_that_answer() -> None:
    run = at_work(1)
    s, a = run.snapshot, run.snapshot.tasks["a"]
    (need,) = needs_you(s)
    assert (need.kind, need.id, need.reason) == ("permission", "a", NEEDED)
    assert answers(need) == (
        "agentrelay answer g/a --question 1 allow",
        "agentrelay answer g/a --question 1 deny -m TEXT",
    )
    assert task_wait(s, a, moves=True) == f"waits for a person: {NEEDED}"
    assert f"waits for a person: {NEEDED}" in (lane_wait(s, s.lanes["api"], moves=True) or "")
    run.send(asked(2))
    assert [need.command for need in needs_you(s)] == [
        "agentrelay answer g/a --question 1 allow",
        "agentrelay answer g/a --question 2 allow",
    ]


def test_each_question_is_told_when_it_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    run = at_work(1, 2)
    narrator = PlainNarrator(at_question=lambda: print("called"))
    for event in run.events:
        if event.type == ev.TURN_ASKED:
            narrator.noted(run.snapshot, event)
    said_here = capsys.readouterr()
    for number in (1, 2):
        assert f"agentrelay answer g/a --question {number} deny -m TEXT" in said_here.err
    assert said_here.out.count("called") == 2


def test_silence_is_told_where_the_agent_goes_on_without_an_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = at_work(1)
    data = {"key": KEY, "question": 1, "by": ""}
    run.send(Draft(ev.TURN_ANSWERED, "api", "a", 1, 1, data))
    PlainNarrator().noted(run.snapshot, run.events[-1])
    assert "nobody answered in time" in capsys.readouterr().err
    run.snapshot.tasks["a"].stopping = "cancelled"
    PlainNarrator().noted(run.snapshot, run.events[-1])
    assert capsys.readouterr().err == ""


def test_an_answer_where_nothing_is_asked_says_so() -> None:
    run = at_work(1)
    none = {"counts": False, "text": "", "about": ""}
    run.script = lambda e: none if e.data["kind"] == K.TURN_ANSWER else None
    answer = run.request("answer", task="a", approval=said("allow", 0))
    assert answer == "task a asks nothing now"


@pytest.mark.parametrize(("decision", "words"), [("allow", "may"), ("deny", "may not")])
def test_the_answer_is_handed_over_and_then_replied_to(decision: str, words: str) -> None:
    run = at_work(1)
    answer = run.request("answer", task="a", approval=said(decision))
    assert answer == f"task a {words} run x"
    assert not list(needs_you(run.snapshot))
    (intent,) = [e for e in run.events if e.data.get("kind") == K.TURN_ANSWER and "by" in e.data]
    assert (intent.data["allowed"], intent.data["by"]) == (decision == "allow", "ann")


def test_one_that_came_too_late_is_refused_and_settles_nothing() -> None:
    run = at_work(1)
    late = {"counts": False, "text": "run x", "about": "abc"}
    run.script = lambda e: late if e.data["kind"] == K.TURN_ANSWER else None
    answer = run.request("answer", task="a", approval=said("allow", always="yes"))
    assert answer == "question 1 of task a is not open: it waits no longer to run x"
    assert run.snapshot.tasks["a"].settled == {}


def test_one_that_could_not_be_handed_over_leaves_the_question_open() -> None:
    run = at_work(1)
    failure = {"message": "no space left", "code": "AR-EXT-001"}
    run.script = lambda e: failure if e.data["kind"] == K.TURN_ANSWER else None
    answer = run.request("answer", task="a", approval=said("allow"))
    assert answer == "the answer could not be handed over: no space left"
    assert run.snapshot.tasks["a"].questions
    run.script = lambda _: None
    assert run.request("answer", task="a", approval=said("deny")) == "task a may not run x"


def test_an_answer_for_good_goes_with_the_turns_to_come() -> None:
    run = at_work(1)
    answer = run.request("answer", task="a", text="use y", approval=said("deny", always="yes"))
    assert answer.startswith("task a may not run x, now and later; its agent is told your text")
    run.send(run.ending)
    run.carry_on()
    second = [e for e in run.events if e.data.get("kind") == K.TURN_START and "asked" in e.data][1]
    assert second.data["settled"] == {"abc": False}
    assert second.data["feedback"] == {"kind": "message", "text": "use y"}
    assert run.snapshot.tasks["a"].status is TaskStatus.MERGED


def test_a_question_ends_with_its_turn_and_is_not_taken_up_again() -> None:
    run = at_work(1)
    assert not is_news(run.snapshot, asked(1))
    run.send(run.ending)
    assert run.snapshot.tasks["a"].questions == {}
    assert not is_news(run.snapshot, asked(1))


def test_its_end_is_news_once() -> None:
    run = at_work(1)
    over = Draft(ev.TURN_ANSWERED, "api", "a", 1, 1, {"key": KEY, "question": 1, "by": ""})
    assert is_news(run.snapshot, over)
    run.send(over)
    assert not list(needs_you(run.snapshot))
    assert not is_news(run.snapshot, over)


@pytest.mark.parametrize(
    ("named", "approval", "answer"),
    [
        ({"task": "a"}, said("maybe"), "an answer is allow or deny"),
        ({"task": "a"}, {"answer": "allow"}, "an answer is allow or deny, and names a question"),
        ({"lane": "api"}, said("allow"), "only the agent of a task asks something"),
    ],
)
def test_an_answer_to_nothing_is_refused_in_words(
    named: dict[str, str], approval: dict[str, Any], answer: str
) -> None:
    assert at_work(1).request("answer", approval=approval, **named).startswith(answer)


def test_where_nothing_is_asked_that_is_said() -> None:
    run = at_work()
    run.send(run.ending)
    run.carry_on()
    answer = run.request("answer", task="a", approval=said("allow"))
    assert answer == "the agent of task a asks nothing now"


def test_an_answer_waits_until_it_is_known_that_its_turn_has_begun() -> None:
    run = AtWork(shop("api: a"))
    run.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
    while K.TURN_START not in kinds(run):
        run.send(run._inputs.popleft())
    data = {"id": "r", "verb": "answer", "by": "ann", "text": "", "approval": said("allow")}
    run.send(Draft(ev.REQUEST_RECEIVED, None, "a", data=data))
    assert run.snapshot.requests
    run.send(run._inputs.popleft())
    assert kinds(run)[-1] == K.TURN_ANSWER


def test_a_question_that_there_is_not_is_named() -> None:
    run = at_work(1)
    none = {"counts": False, "text": "", "about": ""}
    run.script = lambda e: none if e.data["kind"] == K.TURN_ANSWER else None
    answer = run.request("answer", task="a", approval=said("allow", 3))
    assert answer == "question 3 of task a is not open"


def test_two_answers_race_and_each_gets_a_reply() -> None:
    run = at_work(1)
    for name in ("r1", "r2"):
        data = {"id": name, "verb": "answer", "by": name, "text": "", "approval": said("deny")}
        run.send(Draft(ev.REQUEST_RECEIVED, None, "a", data=data))
    assert kinds(run).count(K.TURN_ANSWER) == 2, "whoever is first at the file counts"
    run.carry_on()
    assert not run.snapshot.requests


def test_a_stop_of_the_turn_does_not_wait_for_an_answer_under_way() -> None:
    run = at_work(1)
    data = {"id": "r", "verb": "answer", "by": "ann", "text": "", "approval": said("allow")}
    run.send(Draft(ev.REQUEST_RECEIVED, None, "a", data=data))
    run.send(Draft(ev.RUN_INTERRUPTED, data={"end": True}))
    assert kinds(run)[-2:] == [K.TURN_ANSWER, K.TURN_STOP]
