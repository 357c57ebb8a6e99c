"""Supervised programs as the engine knows them: by the key of the effect that started each.

The key alone says which folder is whose, so that a program is found again after any crash.
"""

from __future__ import annotations

from pathlib import Path

from agentrelay.engine.effect import EffectKind
from agentrelay.engine.layout import RunFolders


def folder_of_key(run: RunFolders, key: str) -> Path:
    """Return the folder of the program that the effect of ``key`` starts.

    Keys are made by ``effect.intent``: kind/run/lane/epoch[/task/attempt[/turn]][/round].
    """
    kind, _, lane, _, *rest = key.split("/")
    if kind == EffectKind.TURN_START:
        task, attempt, turn = rest
        return run.attempt(task, int(attempt)).turn(int(turn))
    if kind == EffectKind.SETUP_START:
        task, attempt, index = rest
        return run.attempt(task, int(attempt)).setup(int(index))
    if len(rest) == LANE_GATE_PARTS:
        gate, index = rest
        return run.lane_gate(lane, gate, int(index))
    task, attempt, _, gate, index = rest
    return run.attempt(task, int(attempt)).gate(gate, int(index))


LANE_GATE_PARTS = 2
