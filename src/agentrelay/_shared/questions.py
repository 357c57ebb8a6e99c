"""Questions of a supervised program to a person: files in its folder, each answered once.

Whoever publishes an answer first has answered: a person through the orchestrator, or the program
itself, when its time is over. So a question needs no process but the one that asks it.

    <folder>/questions/<n>.json           a question, published whole
    <folder>/questions/<n>.answer.json    its answer, never replaced
    <folder>/questions/wake               FIFO, rung after an answer

Stdlib only and light, because the supervisor imports it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from agentrelay._shared import atomic, wake

FOLDER = "questions"
WAKE = "wake"
MAX_TEXT = 4_000
"""Characters of a question's text; what is longer is cut."""

_MAX_FILE = 100_000
_ROOM = 40
_SLACK = 60.0
"""Seconds that a program may take to close a question when its time is over."""
_LATEST = 1e11
"""No time is later: it would be none that can be told."""
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, RecursionError)
"""What reading may raise. Who may write there is trusted with worse, but nothing may stop us."""

_END = ".json"
_ANSWER = ".answer.json"


@dataclass(frozen=True)
class Question:
    """May I do this? ``number`` counts from 1 in a folder, ``until`` is in Unix seconds.

    ``text`` is for people. ``about`` names what is asked for, so that it is known again.
    """

    number: int
    text: str
    about: str
    until: float


@dataclass(frozen=True)
class Answer:
    """Whether it may. ``always``: the same need not be asked again.

    ``by`` is who said so in ``request``; empty where nobody did in time.
    """

    allowed: bool
    always: bool = False
    by: str = ""
    request: str = ""


def cut(text: str) -> str:
    """Return ``text`` in the length of a question's, with the number of characters that it had."""
    if len(text) <= MAX_TEXT:
        return text
    kept = MAX_TEXT - _ROOM
    return f"{text[:kept]} [and {len(text) - kept} more characters]"


def ask(folder: Path, question: Question) -> None:
    """Publish a question in ``folder``, in which it is the only one of its number."""
    content = {**asdict(question), "text": cut(question.text)}
    atomic.publish(_file(folder, question.number, _END), json.dumps(content))


def answer(folder: Path, number: int, given: Answer) -> Answer:
    """Answer a question unless it was answered, and ring; return the answer that it has now."""
    path = _file(folder, number, _ANSWER)
    atomic.publish_once(path, json.dumps(asdict(given)))
    wake.ring(folder / WAKE)
    return find_answer(folder, number) or given


def find_question(folder: Path, number: int) -> Question | None:
    """Return a question of ``folder``, answered or not; None where there is none to be read."""
    try:
        said = _read(_file(folder, number, _END))
        text, about, until = str(said["text"]), str(said["about"]), float(str(said["until"]))
    except _UNREADABLE:
        return None
    return Question(number, cut(text), cut(about), until) if 0 <= until < _LATEST else None


def find_answer(folder: Path, number: int) -> Answer | None:
    """Return the answer to a question, None where it has none; one that is unreadable is a no."""
    try:
        said = _read(_file(folder, number, _ANSWER))
        allowed, always = (said[name] is True for name in ("allowed", "always"))
        return Answer(allowed, always, str(said["by"]), str(said["request"]))
    except FileNotFoundError:
        return None
    except _UNREADABLE:
        return Answer(allowed=False)


def open_questions(folder: Path) -> list[Question]:
    """Return the questions of ``folder`` that have no answer yet, in their order."""
    found = (find_question(folder, number) for number in sorted(_open(folder)))
    return [question for question in found if question is not None]


def is_open(folder: Path, now: float) -> bool:
    """Tell whether a question of ``folder`` has no answer yet, and waits for one at ``now``.

    One whose time is over is as good as denied, whether or not its asker could still say so.
    """
    return any(now < question.until + _SLACK for question in open_questions(folder))


def _open(folder: Path) -> set[int]:
    try:
        names = os.listdir(folder)
    except OSError:
        return set()
    answered = {name.removesuffix(_ANSWER) for name in names if name.endswith(_ANSWER)}
    asked = {name.removesuffix(_END) for name in names if name.endswith(_END)}
    return {int(name) for name in asked - answered if name.isdecimal()}


def _read(path: Path) -> dict[str, object]:
    """Return the object in a file. No FIFO is waited for, and of a huge file no more is read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        said = json.loads(os.read(descriptor, _MAX_FILE))
    finally:
        os.close(descriptor)
    return {**said}


def _file(folder: Path, number: int, end: str) -> Path:
    return folder / f"{number}{end}"
