"""When work under way is due to be pinned: every few minutes, where it has changed since."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from agentrelay.engine.effect import EffectKind
from agentrelay.engine.snapshot import Program
from agentrelay.engine.world import World
from agentrelay.errors import GitError
from agentrelay.gitio.picture import uncommitted
from agentrelay.journal.event import KEEP_DUE, Draft


class Keeper:
    """Looks at the worktrees of running turns, each once in an interval.

    ``due`` is for the loop's thread, ``look`` for any: it starts git.
    """

    def __init__(self, world: World, elapsed: Callable[[], float] = time.monotonic) -> None:
        """Count the intervals by ``elapsed``."""
        self._world = world
        self._elapsed = elapsed
        self._due: dict[str, float] = {}
        self._seen: dict[str, object] = {}

    def due(self, programs: Iterable[Program]) -> list[Program]:
        """Return the turns that are to be looked at now; the next time is an interval later."""
        now, every = self._elapsed(), self._world.keep_every
        turns = {turn.key: turn for turn in programs if turn.kind == EffectKind.TURN_START}
        self._due = {key: self._due.get(key, now + every) for key in turns}
        found = [turn for key, turn in turns.items() if self._due[key] <= now]
        self._due |= {turn.key: now + every for turn in found}
        return found

    def look(self, turn: Program) -> Draft | None:
        """Return the news that what the agent has not committed is another than last time."""
        try:
            state = uncommitted(self._world.worktree(turn.workstream))
        except (GitError, OSError):
            # It was deleted, say: the turn's end will tell.
            return None
        if state is None or state == self._seen.get(turn.key):
            return None
        self._seen[turn.key] = state
        return Draft(KEEP_DUE, data={"tasks": [turn.task]})
