"""What a turn took, in one meaning for all agents: read from its report, kept with its facts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from agentrelay._shared.atomic import publish
from agentrelay._shared.clock import rfc3339
from agentrelay.agent.core.adapter import AgentAdapter
from agentrelay.agent.core.prices import PriceTable
from agentrelay.agent.core.report import Report, Usage
from agentrelay.engine.layout import AttemptFolders
from agentrelay.executor.core.records import OUTPUT
from agentrelay.journal.event import Data

VERSION = 1
USAGE = "usage.json"
COST_DIGITS = 6
"""Decimals of a dollar: a sum of floats has more than it knows."""


@dataclass(frozen=True)
class Told:
    """What a turn's program said, and the facts of it that the journal keeps."""

    report: Report | None = None
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


def told_of(
    adapter: AgentAdapter, folders: AttemptFolders, turn: int, price: Callable[[Report], Data]
) -> Told:
    """Return what a turn's program said, with what this turn took; ``usage.json`` keeps it.

    ``price`` gives what is known of the cost of a report that has none.
    """
    folder = folders.turn(turn)
    report = adapter.report(folder / OUTPUT)
    if report is None:
        return Told()
    kept: dict[str, object] = {}
    if adapter.about.reports_totals:
        kept["total"] = {"usage": asdict(report.usage or Usage()), "cost": report.cost or 0.0}
        report = _without(report, _total_before(folders, turn, report.session))
    facts = {**_facts(report), **({} if report.cost is not None else price(report))}
    content = {"version": VERSION, **facts, **kept}
    publish(folder / USAGE, json.dumps(content, indent=2) + "\n")
    return Told(report, facts)


def estimated(prices: PriceTable, model: str | None, report: Report) -> Data:
    """Return the cost of a turn by a table of prices, nothing where nobody knows it."""
    usage = report.usage
    cost = prices.cost(report.model or model, usage) if usage is not None else None
    if cost is None:
        return {}
    return {"cost": {"usd": round(cost, COST_DIGITS), "source": "estimated"}}


def _facts(report: Report) -> dict[str, object]:
    """Return the facts of a report that the journal keeps, without those that were not said."""
    facts: dict[str, object] = {
        "session": report.session,
        "usage": asdict(report.usage) if report.usage is not None else None,
        "cost": {"usd": report.cost, "source": "reported"} if report.cost is not None else None,
        "model": report.model,
        "until": rfc3339(report.until) if report.until is not None else None,
        "said": report.said or None,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _without(report: Report, before: Data) -> Report:
    """Return the report with what its session took before the turn taken out."""
    usage, cost = report.usage, report.cost
    if usage is not None:
        usage = usage.without(Usage(**before["usage"]))
    if cost is not None:
        cost = round(max(0.0, cost - before["cost"]), COST_DIGITS)
    return replace(report, usage=usage, cost=cost)


def _total_before(folders: AttemptFolders, turn: int, session: str | None) -> Data:
    """Return what the session had taken by the end of its last turn before ``turn``."""
    for earlier in range(turn - 1, 0, -1):
        kept = _kept(folders.turn(earlier) / USAGE)
        if kept.get("session") == session and "total" in kept and "usage" in kept:
            return kept["total"]
    return {"usage": {}, "cost": 0.0}


def _kept(path: Path) -> Data:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
