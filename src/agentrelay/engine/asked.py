"""See what agents ask people: read the files of their questions, which are the truth of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from agentrelay._shared import questions
from agentrelay._shared.clock import rfc3339
from agentrelay.engine.effect import EffectKind
from agentrelay.engine.snapshot import Program, Snapshot
from agentrelay.executor.core.records import may_have_ended
from agentrelay.journal.event import TURN_ANSWERED, TURN_ASKED, Data, Draft


def questions_asked(s: Snapshot, folder_of: Callable[[str], Path]) -> Iterator[Draft]:
    """Give what agents ask that is not known yet, and what of the known is answered by now.

    ``folder_of`` gives a program's folder by its key.
    """
    for program in s.programs.values():
        if program.kind == EffectKind.TURN_START and program.task is not None:
            agent = s.graph.agents.get(s.graph.task_by_id[program.task].agent)
            if agent is None or not agent.asks:
                continue
            folder, known = folder_of(program.key), s.tasks[program.task].questions
            if not may_have_ended(folder):
                yield from _news(program, folder / questions.FOLDER, known)


def _news(program: Program, place: Path, known: Collection[int]) -> Iterator[Draft]:
    for number in known:
        if (given := questions.find_answer(place, number)) is not None:
            yield _event(TURN_ANSWERED, program, number, {"by": given.by})
    for question in questions.open_questions(place):
        if question.number not in known:
            facts = {"text": question.text, "about": question.about}
            facts["until"] = rfc3339(question.until)
            yield _event(TURN_ASKED, program, question.number, facts)


def _event(type_: str, program: Program, number: int, facts: Data) -> Draft:
    data = {"key": program.key, "question": number, **facts}
    return Draft(type_, program.workstream, program.task, program.attempt, program.turn, data)
