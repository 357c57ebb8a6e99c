"""What turns took: money, tokens and time, added up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(slots=True)
class Spent:
    """The sum over some turns.

    ``usd`` is the cost of ``priced`` turns, of which ``estimates`` come from a table of prices;
    ``unpriced`` counts those that used tokens and whose cost nobody knows. Tokens are counted as
    `Usage` has them; ``seconds`` is how long the agents ran.
    """

    turns: int = 0
    seconds: float = 0.0
    usd: float = 0.0
    priced: int = 0
    estimates: int = 0
    unpriced: int = 0
    uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0

    @property
    def tokens(self) -> int:
        """Return all tokens, of whatever kind."""
        return self.uncached + self.cache_read + self.cache_write + self.output

    def add(self, other: Spent) -> None:
        """Add what other turns took."""
        for field in fields(self):
            total = getattr(self, field.name) + getattr(other, field.name)
            setattr(self, field.name, total)


def spent_by(turn: Mapping[str, Any]) -> Spent:
    """Return what a collected turn took, but its time, as the facts of its collection say."""
    usage: Mapping[str, int] = turn.get("usage") or {}
    cost: Mapping[str, Any] = turn.get("cost") or {}
    return Spent(
        turns=1,
        usd=cost.get("usd", 0.0),
        priced=int(bool(cost)),
        estimates=int(cost.get("source") == "estimated"),
        unpriced=int(any(usage.values()) and not cost),
        **usage,
    )


def total(parts: Iterable[Spent]) -> Spent:
    """Return the sum of several."""
    found = Spent()
    for part in parts:
        found.add(part)
    return found
