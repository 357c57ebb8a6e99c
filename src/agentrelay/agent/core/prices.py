"""What a turn cost, from its tokens and a table of prices, where its program does not say."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from agentrelay.agent.core.report import Usage

MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens of each kind, of the models whose names fit ``model``.

    ``model`` is a pattern: ``*`` stands for anything. None: it is charged as uncached input.
    """

    model: str
    uncached: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None


@dataclass(frozen=True)
class PriceTable:
    """Prices; the first that fits a model counts."""

    prices: tuple[Price, ...] = ()

    def cost(self, model: str | None, usage: Usage) -> float | None:
        """Return the dollars that ``usage`` of a model cost; None where nobody knows: never 0."""
        price = self._of(model) if model is not None else None
        if price is None:
            return None
        read = price.uncached if price.cache_read is None else price.cache_read
        write = price.uncached if price.cache_write is None else price.cache_write
        cost = usage.uncached * price.uncached + usage.output * price.output
        return (cost + usage.cache_read * read + usage.cache_write * write) / MILLION

    def _of(self, model: str) -> Price | None:
        # Some services put the maker before the name: openai/gpt-5.5.
        name = model.lower().rpartition("/")[2]
        return next((price for price in self.prices if fnmatchcase(name, price.model)), None)
