"""Whether an input says something new: what came in already is neither recorded nor decided on.

A result may come twice, or late: an act that was lost sight of is done again, a program's end is
seen by two looks, a request lies in the inbox until it is taken out of it.
"""

from __future__ import annotations

from agentrelay.engine.snapshot import Snapshot, waits_for_account
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft


def is_news(s: Snapshot, draft: Draft) -> bool:
    """Tell whether an input is to be taken: a result that is awaited, or anything else."""
    match draft.type:
        case ev.EFFECT_DONE | ev.EFFECT_FAILED:
            return draft.data["key"] in s.in_flight
        case ev.TURN_ENDED | ev.GATE_ENDED | ev.SETUP_ENDED:
            return draft.data["key"] in s.programs
        case ev.TURN_ASKED | ev.TURN_ANSWERED:
            known = draft.data["question"] in s.tasks[draft.task or ""].questions
            return draft.data["key"] in s.programs and known == (draft.type == ev.TURN_ANSWERED)
        case ev.ACCOUNT_OPEN:
            waiting = (task for task in s.tasks.values() if waits_for_account(task))
            return any(task.account == draft.data["account"] for task in waiting)
        case ev.REQUEST_RECEIVED:
            return draft.data["id"] not in s.known_requests
        case _:
            return True
