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

FEW = 2
"""So many lanes are asked for one by one: others may have thousands of open requests there."""


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
        """Return the news of those lanes: a question for each of few, else one for all."""
        try:
            suspects = lanes if len(lanes) <= FEW else self._ended(lanes)
            found = {name: request_there(self._world, name) for name in suspects}
        except AgentRelayError:
            # It is only looked at: what has to be done there says what is wrong with it.
            return None
        told = {name: _told(request) for name, request in found.items() if request is not None}
        told = {name: facts for name, facts in told.items() if facts["status"] != "open"}
        return Draft(FORGE_SEEN, data={"lanes": told}) if told else None

    def _ended(self, lanes: list[str]) -> list[str]:
        """Return the lanes of whose change requests none is open."""
        remote, folders = self._world.remote, self._world.folders
        requests = remote.list(ChangeRequestStatus.OPEN) if remote is not None else []
        still = {request.head_branch for request in requests}
        return [name for name in lanes if folders.integration_branch(name) not in still]


def _told(request: ChangeRequest) -> dict[str, str | None]:
    return {
        "status": request.status.value,
        "commit": request.merge_commit,
        "url": request.url,
    }
