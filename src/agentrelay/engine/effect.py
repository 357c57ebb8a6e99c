"""Effects: the kinds of acts on the outside world, and the key that makes each unique.

An effect is announced by an ``effect.intent`` event before it is done and closed by an
``effect.done`` or ``effect.failed`` with the same key after. Whoever performs one looks first
whether the world already is as wanted, so that performing an intent twice does nothing twice.
"""

from __future__ import annotations

from enum import Enum

from agentrelay.journal.event import EFFECT_INTENT, Data, Draft


class EffectKind(str, Enum):  # noqa: UP042 - its value is what the journal holds
    """What an effect does; the value is its name in the journal."""

    LANE_PREPARE = "lane.prepare"
    LANE_OPEN = "lane.open"
    LANE_CANDIDATE = "lane.candidate"
    LANE_APPROVE = "lane.approve"
    LANE_LAND = "lane.land"
    LANE_ADOPT = "lane.adopt"
    LANE_REOPEN = "lane.reopen"
    LANE_PUBLISH = "lane.publish"
    LANE_TEARDOWN = "lane.teardown"
    LANE_CLOSE = "lane.close"
    LANE_RESET = "lane.reset"
    REVERT_MAKE = "revert.make"
    REVERT_LAND = "revert.land"
    ATTEMPT_START = "attempt.start"
    SETUP_START = "setup.start"
    TURN_START = "turn.start"
    TURN_KEEP = "turn.keep"
    TURN_ANSWER = "turn.answer"
    TURN_STOP = "turn.stop"
    TURN_COLLECT = "turn.collect"
    GATE_START = "gate.start"
    TASK_OPEN = "task.open"
    TASK_MERGE = "task.merge"

    @property
    def rank(self) -> int:
        """Return how soon it is done where acts wait for each other: the lowest goes first."""
        return _RANKS.get(self, _USUAL)


BESIDE = frozenset({EffectKind.TURN_KEEP, EffectKind.TURN_ANSWER})
"""Done beside all else of their task, while its turn goes on."""

_USUAL = 1
_RANKS = {
    # Lanes of one target land one after another, so nobody waits longer than for these.
    EffectKind.LANE_CANDIDATE: 0,
    EffectKind.LANE_LAND: 0,
    EffectKind.REVERT_MAKE: 0,
    EffectKind.REVERT_LAND: 0,
    # What has begun gets its agent before more is begun; nobody waits for a clean-up.
    EffectKind.ATTEMPT_START: 2,
    EffectKind.LANE_PREPARE: 3,
    EffectKind.LANE_TEARDOWN: 4,
}


def intent(  # noqa: PLR0913 - the parts of a key
    kind: EffectKind,
    run: int,
    lane: str,
    epoch: int,
    *,
    task: str | None = None,
    attempt: int | None = None,
    turn: int | None = None,
    round_: int | str = "",
    data: Data | None = None,
) -> Draft:
    """Return the intent of an effect; ``round_`` tells repeated acts on one thing apart."""
    name = kind.value
    key = f"{name}/{run}/{lane}/{epoch}"
    if task is not None:
        key += f"/{task}/{attempt}"
        if turn is not None:
            key += f"/{turn}"
    if round_ != "":
        key += f"/{round_}"
    content = {**(data or {}), "key": key, "kind": name}
    return Draft(EFFECT_INTENT, lane, task, attempt, turn, content)
