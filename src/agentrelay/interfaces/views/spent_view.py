"""What turns took, for those who look: money with its source, tokens, time."""

from __future__ import annotations

from dataclasses import dataclass

from agentrelay._shared.text import format_duration
from agentrelay.engine.spending import Spent


@dataclass(frozen=True)
class SpentView:
    """What some turns took. ``usd`` is None where no cost is known: it is not nothing.

    ``source`` is reported (by the programs), estimated (from prices), mixed, or None;
    ``unpriced_turns`` used tokens and are not in ``usd``.
    """

    turns: int
    seconds: float
    usd: float | None
    source: str | None
    unpriced_turns: int
    uncached: int
    cache_read: int
    cache_write: int
    output: int


def spent_view(spent: Spent) -> SpentView:
    """Return the view of what turns took."""
    return SpentView(
        turns=spent.turns,
        seconds=round(spent.seconds, 3),
        usd=round(spent.usd, 6) if spent.priced else None,
        source=_source(spent),
        unpriced_turns=spent.unpriced,
        uncached=spent.uncached,
        cache_read=spent.cache_read,
        cache_write=spent.cache_write,
        output=spent.output,
    )


def money(spent: SpentView) -> str:
    """Return the cost for people: ``$1.23 (estimated)``; empty where no turn told of tokens."""
    unknown = "the cost is not known"
    if spent.usd is None:
        return unknown if spent.unpriced_turns else ""
    source = "" if spent.source == "reported" else f" ({spent.source})"
    unpriced = _turns(spent.unpriced_turns)
    rest = f", and {unpriced} of which {unknown}" if spent.unpriced_turns else ""
    return f"${spent.usd:.2f}{source}{rest}"


def bill(spent: SpentView) -> str:
    """Return all that turns took in a line for people; empty where nothing was told of it."""
    tokens = spent.uncached + spent.cache_read + spent.cache_write + spent.output
    if not tokens and spent.usd is None:
        return ""
    cost = money(spent)
    used = f"{tokens:,} tokens ({spent.cache_read:,} from a cache, {spent.output:,} output)"
    time = f"{format_duration(max(1, round(spent.seconds)))} in {_turns(spent.turns)}"
    return ", ".join(part for part in (cost, used, time) if part)


def _turns(count: int) -> str:
    return "1 turn" if count == 1 else f"{count} turns"


def _source(spent: Spent) -> str | None:
    if not spent.priced:
        return None
    if not spent.estimates:
        return "reported"
    return "estimated" if spent.estimates == spent.priced else "mixed"
