"""Finds the cycles of a directed graph, shortest first, without recursion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

MAX_CYCLES = 10
MAX_STEPS = 2_000_000


def disjoint_cycles(edges: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Return cycles that share no key, the shortest first, at most ``MAX_CYCLES``.

    Each is given as its keys in the edges' direction, beginning with the one that stands first in
    ``edges``. Edges to keys that are not in ``edges`` are ignored. In graphs so tangled that the
    search would take seconds, a cycle is the shortest that was found until then.
    """
    core = _Core(edges)
    rank = {key: index for index, key in enumerate(edges)}
    found: list[tuple[str, ...]] = []
    while core.below and len(found) < MAX_CYCLES:
        cycle = _shortest(core.copy())
        first = min(range(len(cycle)), key=lambda index: rank[cycle[index]])
        found.append(cycle[first:] + cycle[:first])
        core.remove(cycle)
    return found


class _Core:
    """What is left of a graph when all that lies on no cycle is taken out."""

    def __init__(self, edges: Mapping[str, Iterable[str]]) -> None:
        self.below = {
            key: {name: None for name in targets if name in edges} for key, targets in edges.items()
        }
        self._above: dict[str, set[str]] = {key: set() for key in self.below}
        for key, targets in self.below.items():
            for name in targets:
                self._above[name].add(key)
        self.remove([key for key in self.below if not self.below[key] or not self._above[key]])

    def copy(self) -> Self:
        return type(self)(self.below)

    def remove(self, doomed: Iterable[str]) -> None:
        """Take ``doomed`` out, and whatever is then an end."""
        queue = list(doomed)
        while queue:
            key = queue.pop()
            targets = self.below.pop(key, None)
            if targets is None:
                continue
            for name in self._above.pop(key) - {key}:
                del self.below[name][key]
                if not self.below[name]:
                    queue.append(name)
            for name in targets.keys() - {key}:
                self._above[name].discard(key)
                if not self._above[name]:
                    queue.append(name)


def _shortest(core: _Core) -> tuple[str, ...]:
    """Return the shortest cycle of ``core``, which has one; uses ``core`` up.

    Once no cycle through a key is shorter than the best, the key is taken out; with it goes all
    that was on cycles through it only, so that one long cycle is walked once.
    """
    best: tuple[str, ...] = ()
    steps = 0
    while core.below and not (best and steps > MAX_STEPS):
        start = next(iter(core.below))
        longest = len(best) - 1 if best else len(core.below)
        cycle, taken = _through(core.below, start, longest)
        best = cycle or best
        steps += taken
        core.remove([start])
    return best


def _through(
    edges: Mapping[str, Iterable[str]], start: str, longest: int
) -> tuple[tuple[str, ...], int]:
    """Return the shortest cycle through ``start`` of at most ``longest`` keys, and the work."""
    came_from: dict[str, str] = {}
    layer = [start]
    for _ in range(longest):
        following: list[str] = []
        for key, below in ((above, key) for above in layer for key in edges[above]):
            if below == start:
                return _walk_back(came_from, start, key), len(came_from)
            if below not in came_from:
                came_from[below] = key
                following.append(below)
        layer = following
    return (), len(came_from)


def _walk_back(came_from: Mapping[str, str], start: str, last: str) -> tuple[str, ...]:
    path = [last]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))
