"""Ask the one writer of a graph for something; where nobody writes, carry it out ourselves."""

from __future__ import annotations

import time
from dataclasses import dataclass

from agentrelay.app.place import Place
from agentrelay.app.running import Narrator, carry_on, require_run
from agentrelay.engine import inbox
from agentrelay.engine.inbox import Answer, Request
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import lock_held
from agentrelay.engine.snapshot import Snapshot
from agentrelay.errors import LockHeldError, RequestRefusedError

LOOK_EVERY = 0.02
"""Seconds between looks for the answer of a living writer."""


@dataclass(frozen=True)
class Answered:
    """The answer, and, where this process carried it out, the run after that."""

    answer: Answer
    snapshot: Snapshot | None


def ask(place: Place, folders: GraphFolders, request: Request, narrator: Narrator) -> Answered:
    """Publish a request and return its answer; RequestRefusedError where it was refused.

    If nobody holds the graph's lock, this process takes it and carries out what the request lets
    go on (a landing, say), but starts no agent.
    """
    number = require_run(folders)
    inbox.send(folders.inbox, folders.wake, request)
    snapshot: Snapshot | None = None
    while (answer := inbox.take_answer(folders.inbox, request.id)) is None:
        try:
            with lock_held(folders):
                ended = carry_on(
                    place,
                    folders.graph,
                    number,
                    narrator,
                    mode="landing",
                    listener=place.listener,
                )
                snapshot = ended.snapshot
        except LockHeldError:
            time.sleep(LOOK_EVERY)
    if not answer.granted:
        raise RequestRefusedError(answer.text)
    return Answered(answer, snapshot)
