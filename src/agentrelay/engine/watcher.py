"""What happened on the forge of others to lanes' change requests: merged, closed, free to merge."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from agentrelay.engine.acts.on_forge import branches_of
from agentrelay.engine.fold_forge import FREE, IN_THE_WAY, is_watched
from agentrelay.engine.snapshot import Facts, LaneState, Snapshot
from agentrelay.engine.world import World
from agentrelay.errors import AgentRelayError
from agentrelay.forge.core.change_request import ChangeRequest, ChangeRequestStatus
from agentrelay.forge.core.forge import RemoteForge
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
        self._is_looking = False
        self._tried: set[tuple[str, str]] = set()

    def due(self, s: Snapshot) -> list[Callable[[], Draft | None]]:
        """Return the look that is to be made now, if any; the next one is some time later."""
        lanes = {name: _obstacle(lane) for name, lane in s.lanes.items() if is_watched(lane)}
        if self._world.remote is None or not lanes:
            return []
        if s.seq != self._seq:
            self._seq, self._pause = s.seq, FIRST
        # One look at a time: where the forge does not answer, it outlasts the interval.
        if self._is_looking or self._elapsed() < self._due:
            return []
        self._is_looking = True
        self._due = self._elapsed() + self._pause
        self._pause = min(LAST, self._pause * SLOWER)
        return [partial(self.look, lanes)]

    def seen(self, s: Snapshot) -> list[Draft]:
        """Return what has happened there since anybody looked, as news; none where nothing has."""
        news = [look() for look in self.due(s)]
        return [draft for draft in news if draft is not None]

    def look(self, lanes: Mapping[str, str]) -> Draft | None:
        """Return the news of those lanes, each with what the forge lacked for its merge, if it did.

        A question for each of few, else one for all; and one for each that lacks something.
        """
        try:
            told = {} if self._world.remote is None else self._news(self._world.remote, lanes)
        except (AgentRelayError, OSError):
            # It is only looked at: what has to be done there says what is wrong with it.
            return None
        finally:
            self._is_looking = False
        return Draft(FORGE_SEEN, data={"lanes": told}) if told else None

    def _news(self, remote: RemoteForge, lanes: Mapping[str, str]) -> dict[str, Facts]:
        found = self._requests(remote, lanes)
        told = {n: self._told(remote, request, (n, lanes[n])) for n, request in found.items()}
        return {name: facts for name, facts in told.items() if facts is not None}

    def _requests(self, remote: RemoteForge, lanes: Iterable[str]) -> dict[str, ChangeRequest]:
        names = list(lanes)
        listed = remote.list(ChangeRequestStatus.OPEN) if len(names) > FEW else []
        known = {(request.head_branch, request.base_branch): request for request in listed}
        pairs = {name: branches_of(self._world, name) for name in names}
        found = {n: known.get(pair) or remote.glance(*pair) for n, pair in pairs.items()}
        return {name: request for name, request in found.items() if request is not None}

    def _told(
        self, remote: RemoteForge, request: ChangeRequest, obstacle: tuple[str, str]
    ) -> Facts | None:
        """Return what is new of a request: that it was ended, or that it may be merged now."""
        facts = {"commit": request.merge_commit, "url": request.url}
        if request.status is not ChangeRequestStatus.OPEN:
            return {"status": request.status.value, **facts}
        if not obstacle[1]:
            return None
        if not remote.may_merge(request.number):
            self._tried.discard(obstacle)
            return None
        # Where it refuses for a reason that it does not tell beforehand, once is enough.
        is_new = obstacle not in self._tried
        self._tried.add(obstacle)
        return {"status": FREE, **facts} if is_new else None


def _obstacle(lane: LaneState) -> str:
    """Return what the forge lacked when it was to merge a lane, empty where it was not asked."""
    return lane.hold.reason if lane.hold is not None and lane.hold.kind == IN_THE_WAY else ""
