"""What people did on the forge of others with lanes' change requests: merged them, closed them."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from agentrelay.engine.acts.on_forge import request_there
from agentrelay.engine.fold_forge import is_watched
from agentrelay.engine.snapshot import Snapshot
from agentrelay.engine.world import World
from agentrelay.errors import AgentRelayError
from agentrelay.forge.core.change_request import ChangeRequest, ChangeRequestStatus
from agentrelay.journal.event import FORGE_SEEN, Draft

FIRST, LAST, SLOWER = 10.0, 60.0, 1.5
"""Seconds between looks, at first and at last, and by how much they grow where nothing happens."""


class Watcher:
    """Looks at the change requests of lanes that wait to land, ever more rarely.

    ``due`` is for the loop's thread; what it returns may be called in any.
    """

    def __init__(self, world: World, elapsed: Callable[[], float] = time.monotonic) -> None:
        """Count the intervals by ``elapsed``."""
        self._world = world
        self._elapsed = elapsed
        self._pause = FIRST
        self._due = 0.0
        self._seq = 0

    def due(self, s: Snapshot) -> list[Callable[[], Draft | None]]:
        """Return the look that is to be made now, if any; the next one is some time later."""
        lanes = [name for name, lane in s.lanes.items() if is_watched(lane)]
        if self._world.remote is None or not lanes:
            return []
        if s.seq != self._seq:
            self._seq, self._pause = s.seq, FIRST
        if self._elapsed() < self._due:
            return []
        self._due = self._elapsed() + self._pause
        self._pause = min(LAST, self._pause * SLOWER)
        return [partial(self.look, lanes)]

    def seen(self, s: Snapshot) -> list[Draft]:
        """Return what has happened there since anybody looked, as news; none where nothing has."""
        news = [look() for look in self.due(s)]
        return [draft for draft in news if draft is not None]

    def look(self, lanes: list[str]) -> Draft | None:
        """Return the news of those lanes: one question for all, and one for each that was ended."""
        if self._world.remote is None:
            return None
        try:
            still = {r.head_branch for r in self._world.remote.list(ChangeRequestStatus.OPEN)}
            ended = [n for n in lanes if self._world.folders.integration_branch(n) not in still]
            found = {name: request_there(self._world, name) for name in ended}
        except AgentRelayError:
            # It is only looked at: what has to be done there says what is wrong with it.
            return None
        told = {name: _told(request) for name, request in found.items() if request is not None}
        told = {name: facts for name, facts in told.items() if facts["status"] != "open"}
        return Draft(FORGE_SEEN, data={"lanes": told}) if told else None


def _told(request: ChangeRequest) -> dict[str, str | None]:
    return {
        "status": request.status.value,
        "commit": request.merge_commit,
        "url": request.url,
    }
