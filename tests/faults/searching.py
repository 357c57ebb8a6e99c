"""Searches a scenario for crash points: plays it again and again, killed at other points each time.

A chain is the kills of one play. Each kill alone is the purest test; more of them in one play cost
little more than one, and show besides that what a recovery leaves can be recovered again.
"""

from __future__ import annotations

import shutil
from collections.abc import Container, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from queue import SimpleQueue

from tests.faults.playing import NEVER_CAME, Subject, play
from tests.faults.remains import remains_of
from tests.faults.scenario import Scenario, Step
from tests.faults.scene import PointName, Server

from agentrelay.engine.seam import Point

Chain = list[PointName]


class Search:
    """Plays scenarios on several servers at once, each time in a new folder below ``base``."""

    def __init__(self, base: Path, servers: SimpleQueue[Server], plays: int) -> None:
        self._base = base
        self._servers = servers
        self._plays = plays
        self._numbers = count()

    def undisturbed(self, scenario: Scenario, publish: str) -> Subject:
        """Play a scenario to its end; return what is to be found in each other play of it."""
        with self._place() as (server, base):
            scene, _ = play(server, base, scenario, publish)
            points = scene.points()
            assert len(points) == len(Point) * len({effect for effect, _ in points})
            # Where the scenario itself has a kill, each play of it has one.
            ends = [step.until for step in scenario.steps if isinstance(step, Step)]
            points = [point for point in points if point not in ends]
            return Subject(scenario, publish, remains_of(scene, scenario), points)

    def failures(self, subject: Subject, chains: list[Chain]) -> list[str]:
        """Return what went wrong, for each point or chain after which something did."""
        return [failure for failures in self.each(subject, chains) for failure in failures]

    def each(self, subject: Subject, chains: list[Chain]) -> Iterator[list[str]]:
        """Give what went wrong in each play, in the order of ``chains``, as soon as it is known."""
        with ThreadPoolExecutor(self._plays) as pool:
            yield from pool.map(lambda chain: self._tell(subject, chain), chains)

    def _tell(self, subject: Subject, chain: Chain) -> list[str]:
        failure = self._play(subject, chain)
        if not failure or len(chain) == 1:
            return [failure] if failure else []
        # A kill may come while another thread is at a point of its own: then that one is passed
        # by nobody. Alone, each is; and whatever fails alone is told more clearly.
        alone = [self._play(subject, [point]) for point in dict.fromkeys(chain)]
        missed = failure.startswith(NEVER_CAME) and len(set(chain)) == len(chain)
        return [told for told in alone if told] or ([] if missed else [failure])

    def _play(self, subject: Subject, chain: Chain) -> str:
        with self._place() as (server, base):
            return subject.trouble(server, base, chain)

    @contextmanager
    def _place(self) -> Iterator[tuple[Server, Path]]:
        server = self._servers.get()
        base = self._base / str(next(self._numbers))
        try:
            yield server, base
            shutil.rmtree(base)
        finally:
            self._servers.put(server)


def chained(points: list[PointName], length: int) -> list[Chain]:
    """Return the points in chains of at most ``length``, those of one effect in different ones."""
    number = max(-(-len(points) // length), len(Point))
    return [points[first::number] for first in range(number)]


def ends_of_kinds(points: list[PointName], kinds: Container[str] | None = None) -> list[PointName]:
    """Return the points of the first and of the last effect of each kind, or of each of these."""
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for effect, _ in points:
        first.setdefault(_kind(effect), effect)
        last[_kind(effect)] = effect
    chosen = {*first.values(), *last.values()}
    return [
        point for point in points if point[0] in chosen and (not kinds or _kind(point[0]) in kinds)
    ]


def twice(points: list[PointName], length: int) -> list[Chain]:
    """Return chains that kill the last effect of each kind, and again while it is made good."""
    last = {_kind(effect): effect for effect, _ in points}
    again = (Point.BEFORE_INTENT.value, Point.AFTER_ACT.value)
    chosen = [(effect, point) for effect, point in points if effect in last.values()]
    chosen = [point for point in chosen if point[1] in again]
    return [chain * 2 for chain in chained(chosen, length)]


def _kind(effect: str) -> str:
    return effect.partition("/")[0]


@contextmanager
def servers(number: int) -> Iterator[SimpleQueue[Server]]:
    """Give servers for the duration of the block."""
    made = [Server() for _ in range(number)]
    free: SimpleQueue[Server] = SimpleQueue()
    for server in made:
        free.put(server)
    yield free
    for server in made:
        server.close()
