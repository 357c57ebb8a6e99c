"""Hand a person's answer to the program of a turn that waits for it."""

from __future__ import annotations

from agentrelay._shared import questions
from agentrelay._shared.questions import Answer
from agentrelay.engine.programs import folder_of_key
from agentrelay.engine.world import World
from agentrelay.executor.core.executor import Ended, Lost, NotStarted
from agentrelay.journal.event import Data, Event


def answer_turn(world: World, intent: Event) -> Data:
    """Answer a question, and return whether that counts: it was open, and its program waits."""
    data, number = intent.data, intent.data["question"]
    folder = folder_of_key(world.run_folders, data["program"])
    place = folder / questions.FOLDER
    question = questions.find_question(place, number)
    if question is None:
        return {"counts": False, "text": "", "about": ""}
    given = Answer(data["allowed"], data["always"], data["by"], data["request"])
    if isinstance(world.executor.look(folder), Ended | Lost | NotStarted):
        found = questions.find_answer(place, number)
    else:
        found = questions.answer(place, number, given)
    counts = found is not None and found.request == given.request
    return {"counts": counts, "text": question.text, "about": question.about}
