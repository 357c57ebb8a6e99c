"""Ask a person for what the policy refuses, and wait for the answer as long as the turn may.

The question and its answer are files, so nobody has to be there: neither the person, nor the
process that carries the run on.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from itertools import count

from agentrelay._shared import questions, wake
from agentrelay._shared.clock import SystemClock
from agentrelay._shared.questions import Answer, Question
from agentrelay._shared.text import format_duration
from agentrelay.agent.acp.transcript import Transcript
from agentrelay.agent.core.adapter import Asking

LOOK = 60.0
"""Seconds after which an answer is noticed whose ringing was missed."""
PATIENCE = 2
"""Questions in a row that nobody answers; then nobody is there, and no more time is spent."""


class Person:
    """Answers questions, sooner or later. Use from one event loop."""

    def __init__(self, asking: Asking, transcript: Transcript) -> None:
        """Ask as ``asking`` says; what is asked is told in ``transcript``."""
        self._asking = asking
        self._transcript = transcript
        self._within = format_duration(asking.within)
        self._settled = dict(asking.settled)
        self._unanswered = set[str]()
        self._missed = 0
        self._numbers = count(1)
        self._rung = asyncio.Event()
        self._bell: int | None = None
        self.has_left = False

    async def refusal(self, text: str, about: str) -> str:
        """Return why a person does not permit what ``text`` says, an empty text if they do.

        ``about`` names it, so that an answer for good holds for the next time.
        """
        if about in self._settled:
            return "" if self._settled[about] else "denied for good"
        return self._absence(about) or await self._asked(text, about)

    def leave(self) -> None:
        """Wait no longer for any answer: the turn is over."""
        self.has_left = True
        self._rung.set()

    def _absence(self, about: str) -> str:
        """Return why asking is of no use, as nobody is there; an empty text where somebody is."""
        if about in self._unanswered:
            return f"nobody answered within {self._within} when it was asked for before"
        absent = self._missed >= PATIENCE
        return f"nobody answered the {PATIENCE} questions before" if absent else ""

    async def _asked(self, text: str, about: str) -> str:
        try:
            given = await self._answer(text, about)
        except OSError as error:
            # Such as a full disk. The supervisor takes no question for open whose time is over.
            return f"its question or the answer could not be written: {error.strerror}"
        self._missed = 0 if given.by else self._missed + 1
        if given.always:
            self._settled[about] = given.allowed
        if given.allowed:
            return ""
        if self.has_left:
            return "the turn was stopped"
        if given.by:
            return f"denied by {given.by}"
        self._unanswered.add(about)
        return f"nobody answered within {self._within}"

    async def _answer(self, text: str, about: str) -> Answer:
        number, within = next(self._numbers), self._asking.within
        until, due = SystemClock().now() + within, time.monotonic() + within
        questions.ask(self._asking.folder, Question(number, text, about, until))
        self._listen()
        command = f"{self._asking.command} --question {number}"
        self._transcript.say("asking", title=text, command=command)
        self._ring()
        while (given := questions.find_answer(self._asking.folder, number)) is None:
            left = due - time.monotonic()
            if left <= 0 or self.has_left:
                given = questions.answer(self._asking.folder, number, Answer(allowed=False))
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), min(left, LOOK))
            self._rung.clear()
        self._ring()
        return given

    def _listen(self) -> None:
        """Hear when an answer is there; where no FIFO can be made, it is noticed later."""
        if self._bell is not None:
            return
        self._bell = wake.listen(self._asking.folder / questions.WAKE)
        if self._bell is not None:
            asyncio.get_running_loop().add_reader(self._bell, self._heard, self._bell)

    def _heard(self, bell: int) -> None:
        wake.drain(bell)
        self._rung.set()

    def _ring(self) -> None:
        for bell in self._asking.bells:
            wake.ring(bell)
