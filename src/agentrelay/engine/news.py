"""Whether an input says something new: what came in already is neither recorded nor decided on.

A result may come twice, or late: an act that was lost sight of is done again, a program's end is
seen by two looks, a request lies in the inbox until it is taken out of it.
"""

from __future__ import annotations

from collections.abc import Callable

from agentrelay.engine.fold_forge import is_about
from agentrelay.engine.snapshot import Snapshot, waits_for_account
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft


def is_news(s: Snapshot, draft: Draft) -> bool:
    """Tell whether an input is to be taken: a result that is awaited, or anything else."""
    rule = _RULES.get(draft.type)
    return rule is None or rule(s, draft)


def _is_in_flight(s: Snapshot, draft: Draft) -> bool:
    return draft.data["key"] in s.in_flight


def _is_running(s: Snapshot, draft: Draft) -> bool:
    return draft.data["key"] in s.programs


def _is_open(s: Snapshot, draft: Draft) -> bool:
    """Tell whether a question is new, or an answer is to one that is known."""
    known = draft.data["question"] in s.tasks[draft.task or ""].questions
    return _is_running(s, draft) and known == (draft.type == ev.TURN_ANSWERED)


def _is_waited_for(s: Snapshot, draft: Draft) -> bool:
    waiting = (task for task in s.tasks.values() if waits_for_account(task))
    return any(task.account == draft.data["account"] for task in waiting)


def _is_looked_at(s: Snapshot, draft: Draft) -> bool:
    return any(is_about(s.lanes[name], facts) for name, facts in draft.data["lanes"].items())


def _is_unknown(s: Snapshot, draft: Draft) -> bool:
    return draft.data["id"] not in s.known_requests


_RULES: dict[str, Callable[[Snapshot, Draft], bool]] = {
    **dict.fromkeys((ev.EFFECT_DONE, ev.EFFECT_FAILED), _is_in_flight),
    **dict.fromkeys((ev.TURN_ENDED, ev.GATE_ENDED, ev.SETUP_ENDED), _is_running),
    **dict.fromkeys((ev.TURN_ASKED, ev.TURN_ANSWERED), _is_open),
    ev.ACCOUNT_OPEN: _is_waited_for,
    ev.FORGE_SEEN: _is_looked_at,
    ev.REQUEST_RECEIVED: _is_unknown,
}
