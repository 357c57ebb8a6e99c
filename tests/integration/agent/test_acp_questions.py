"""A person who is asked for what the policy refuses: the agent waits, and goes on either way."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.integration.agent.acp_scene import PATIENCE, Scene, scene_in
from tests.integration.executor.scene import until

from agentrelay._shared import questions, wake
from agentrelay._shared.questions import Answer, Question
from agentrelay.agent.core.adapter import Asking
from agentrelay.agent.core.report import TurnResult
from agentrelay.agent.core.transcript import Entry, Part
from agentrelay.agent.implementations import stream
from agentrelay.agent.implementations.acp import AcpAdapter

YES, NO = Answer(allowed=True, by="ann"), Answer(allowed=False, by="ann")
FOR_GOOD = Answer(allowed=True, always=True, by="ann")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Return a scene whose agent may ask a person, for a minute."""
    scene = scene_in(tmp_path)
    scene.change(asking=asking(scene))
    return scene


def asking(scene: Scene, within: float = PATIENCE, **more: Any) -> Asking:
    return Asking(place(scene), (scene.base / "bell",), within, "agentrelay answer g/t", **more)


def place(scene: Scene) -> Path:
    return scene.base / "turn" / questions.FOLDER


def wish(command: str, **more: Any) -> dict[str, Any]:
    call = {"toolCallId": command, "status": "pending", "kind": "execute", "title": "Look"}
    return {"ask": {"toolCall": {**call, "rawInput": {"command": command}, **more}}}


def asked(scene: Scene, number: int) -> Question:
    """Wait for a question, and return it."""
    until(lambda: any(q.number == number for q in questions.open_questions(place(scene))))
    return next(q for q in questions.open_questions(place(scene)) if q.number == number)


def play(scene: Scene, acts: list[dict[str, Any]], *given: Answer) -> list[Question]:
    """Play a turn in which a person gives answers; return what they were asked."""
    found: list[Question] = []
    with scene.start(*acts) as client:
        try:
            for number, answer in enumerate(given, 1):
                found.append(asked(scene, number))
                questions.answer(place(scene), number, answer)
            client.wait(PATIENCE)
        finally:
            client.kill()
    return found


def chosen(scene: Scene) -> list[str | None]:
    """Return the options that the agent's questions were answered with."""
    outcomes = [message["result"]["outcome"] for message in scene.heard()]
    return [outcome.get("optionId") for outcome in outcomes]


def test_what_a_person_allows_is_done_and_what_they_deny_is_not(scene: Scene) -> None:
    acts = [wish("npm install x"), wish("curl x", title="harmless"), wish("pytest -q")]
    found = play(scene, acts, YES, NO)
    assert [each.text for each in found] == ["run npm install x", "run curl x"], "not the title"
    assert chosen(scene) == ["yes", "no", "yes"]
    report = scene.report()
    assert report.denied == ("run curl x (denied by ann)",)
    assert report.result is TurnResult.PERMISSION_DENIED


def test_an_answer_for_good_is_not_asked_for_again(scene: Scene) -> None:
    play(scene, [wish("npm ci"), wish("npm ci"), wish("npm ci x")], FOR_GOOD, NO)
    assert chosen(scene) == ["yes", "yes", "no"]


def test_one_of_an_earlier_turn_holds_too(scene: Scene) -> None:
    (question,) = play(scene, [wish("npm ci")], NO)
    scene.change(asking=asking(scene, settled={question.about: True}))
    scene.play(wish("npm ci"))
    assert chosen(scene) == ["no", "yes"]


def test_a_file_elsewhere_is_asked_for_too(scene: Scene) -> None:
    path = scene.base / "b.txt"
    write = {"call": ["fs/write_text_file", {"path": str(path), "content": "x"}]}
    (question,) = play(scene, [write], YES)
    assert (question.text, path.read_text()) == (f"edit {path}", "x")


def test_a_link_is_asked_for_by_where_it_leads(scene: Scene) -> None:
    outside, link = scene.base / "keys", scene.request.cwd / "notes.txt"
    outside.write_text("k")
    link.symlink_to(outside)
    write = {"call": ["fs/write_text_file", {"path": str(link), "content": "x"}]}
    (question,) = play(scene, [write], YES)
    assert question.text == f"edit {link} (which is {outside})"
    assert (link.is_symlink(), outside.read_text()) == (True, "x")


def test_a_link_that_is_changed_while_a_person_thinks_is_not_followed(scene: Scene) -> None:
    harmless, keys, link = (scene.base / name for name in ("harmless", "keys", "link"))
    link.symlink_to(harmless)
    write = {"call": ["fs/write_text_file", {"path": str(link), "content": "x"}]}
    with scene.start(write) as client:
        try:
            asked(scene, 1)
            link.unlink()
            link.symlink_to(keys)
            questions.answer(place(scene), 1, YES)
            client.wait(PATIENCE)
        finally:
            client.kill()
    assert not harmless.exists()
    assert not keys.exists()
    (denied,) = scene.report().denied
    assert denied == f"{link} (it leads elsewhere than when it was asked for)"


def test_what_is_not_understood_is_shown_whole(scene: Scene) -> None:
    call = {"kind": "fetch", "title": "Fetch", "rawInput": {"url": "http://127.0.0.1/a"}}
    (question,) = play(scene, [wish("", **call)], NO)
    assert question.text == 'fetch: Fetch {"url": "http://127.0.0.1/a"}'


def test_nobody_there_is_a_no_in_time(scene: Scene) -> None:
    scene.change(asking=asking(scene, within=1))
    report = scene.play(wish("npm ci"), {"say": "I may not."})
    assert chosen(scene) == ["no"]
    assert report.denied == ("run npm ci (nobody answered within 1s)",)
    assert not questions.answer(place(scene), 1, YES).allowed, "whoever comes now is too late"


def test_where_nobody_is_there_no_more_time_is_spent(scene: Scene) -> None:
    scene.change(asking=asking(scene, within=0.2))
    report = scene.play(*map(wish, ("npm ci", "npm ci", "npm x", "npm y")))
    assert report.denied == (
        "run npm ci (nobody answered within 0s)",
        "run npm ci (nobody answered within 0s when it was asked for before)",
        "run npm x (nobody answered within 0s)",
        "run npm y (nobody answered the 2 questions before)",
    )
    assert questions.find_question(place(scene), 2) is not None
    assert questions.find_question(place(scene), 3) is None


def test_whoever_answers_is_there_again(scene: Scene) -> None:
    scene.change(asking=asking(scene, within=0.2))
    questions.answer(place(scene), 2, NO)
    scene.play(*map(wish, ("npm a", "npm b", "npm c", "npm d")))
    assert [event["refusal"] for event in scene.events("permission")] == [
        "nobody answered within 0s",
        "denied by ann",
        "nobody answered within 0s",
        "nobody answered within 0s",
    ]


def test_a_question_that_can_not_be_written_is_denied_and_the_turn_goes_on(scene: Scene) -> None:
    place(scene).parent.mkdir()
    place(scene).write_text("in its way")
    report = scene.play(wish("npm ci"), {"say": "I may not."})
    assert chosen(scene) == ["no"]
    reason = "its question or the answer could not be written: Not a directory"
    assert report.denied == (f"run npm ci ({reason})",)


def test_whoever_carries_the_run_on_is_rung_for_question_and_answer(scene: Scene) -> None:
    bell = wake.listen(scene.base / "bell")
    assert bell is not None
    try:
        with scene.start(wish("npm ci")) as client:
            assert select.select([bell], [], [], PATIENCE)[0]
            asked(scene, 1)
            wake.drain(bell)
            questions.answer(place(scene), 1, YES)
            assert select.select([bell], [], [], PATIENCE)[0]
            assert client.wait(PATIENCE) == 0
    finally:
        os.close(bell)


def test_a_turn_that_is_stopped_waits_for_nobody(scene: Scene) -> None:
    with scene.start(wish("npm ci"), {"wait": "cancelled"}) as client:
        try:
            asked(scene, 1)
            client.send_signal(signal.SIGINT)
            assert client.wait(PATIENCE) in (0, 1)
        finally:
            client.kill()
    assert questions.open_questions(place(scene)) == []
    assert scene.heard()[0]["result"]["outcome"] == {"outcome": "cancelled"}
    assert scene.report().denied == ()


def test_a_transcript_shows_what_is_asked_and_how_to_answer(scene: Scene) -> None:
    play(scene, [wish("npm ci")], NO)
    adapter = AcpAdapter()
    entries = [e for event in stream.objects(scene.output) for e in adapter.entries(event)]
    assert Entry(Part.ASKED, "run npm ci\nagentrelay answer g/t --question 1") in entries
    assert Entry(Part.FAILED, "refused: run npm ci (denied by ann)") in entries
