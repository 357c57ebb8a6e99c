"""What turns took: the cost and where it comes from, counted once, and added up."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from tests.adapters.simulated_world import SimulatedRun
from tests.unit.engine.test_rules import graph, run

from agentrelay.agent.core.prices import Price, PriceTable
from agentrelay.agent.implementations import require_adapter
from agentrelay.engine.acts.accounting import Told, estimated, told_of
from agentrelay.engine.layout import AttemptFolders
from agentrelay.engine.spending import Spent, total
from agentrelay.interfaces.views.spent_view import bill, money, spent_view

STREAMS = Path(__file__).parents[1] / "agent" / "streams"
TABLE = PriceTable((Price("gpt-5.5", uncached=5, output=30, cache_read=0.5),))


def told(root: Path, agent: str, scene: str, model: str | None, turn: int = 1) -> Told:
    folders = AttemptFolders(root)
    folder = folders.turn(turn)
    folder.mkdir(parents=True)
    shutil.copyfile(STREAMS / agent / f"{scene}.jsonl", folder / "output.log")
    return told_of(require_adapter(agent), folders, turn, partial(estimated, TABLE, model))


def test_a_cost_that_the_program_reports_is_kept_as_that(tmp_path: Path) -> None:
    found = told(tmp_path, "claude", "done", "gpt-5.5")
    assert found.report is not None
    assert found.report.cost
    assert found.facts["cost"] == {"usd": found.report.cost, "source": "reported"}


def test_a_cost_that_no_program_reports_is_estimated_for_the_turn_alone(tmp_path: Path) -> None:
    told(tmp_path, "codex", "done", "gpt-5.5")
    found = told(tmp_path, "codex", "resumed", "gpt-5.5", turn=2).facts
    # The turn's own: 120 uncached, 30 read from a cache, 7 output.
    usd = round((120 * 5 + 30 * 0.5 + 7 * 30) / 1_000_000, 6)
    assert found["cost"] == {"usd": usd, "source": "estimated"}
    kept = json.loads((AttemptFolders(tmp_path).turn(2) / "usage.json").read_bytes())
    assert kept["cost"] == found["cost"]


@pytest.mark.parametrize("model", [None, "gpt-99"])
def test_a_model_without_a_price_has_no_cost(tmp_path: Path, model: str | None) -> None:
    facts = told(tmp_path, "codex", "done", model).facts
    assert "usage" in facts
    assert "cost" not in facts


USAGE = {"uncached": 100, "cache_read": 50, "cache_write": 0, "output": 10}


def collected(**facts: object) -> dict[str, object]:
    made = {"commit": "c", "candidate": "m", "lane_tip": "tip", "tree": "t", "empty": False}
    return {"result": "done", "reason": "", "usage": USAGE, **made, **facts}


def spent_of(simulated: SimulatedRun) -> Spent:
    return total(task.spent for task in simulated.snapshot.tasks.values())


def test_a_turn_that_is_collected_again_took_what_it_took_once() -> None:
    turn = collected(cost={"usd": 0.5, "source": "reported"})
    simulated = run(
        graph(("a", "l", ())), turn__collect=[turn, turn], task__merge=[{"moved": "elsewhere"}]
    )
    assert simulated.snapshot.finished == 0
    found = spent_of(simulated)
    assert (found.turns, found.usd, found.tokens) == (1, 0.5, 160)


def test_costs_are_added_up_with_where_they_come_from_and_what_is_unknown() -> None:
    turns = [
        collected(cost={"usd": 0.5, "source": "reported"}),
        collected(cost={"usd": 0.25, "source": "estimated"}),
        collected(),
    ]
    simulated = run(
        graph(("a", "l", ()), ("b", "l", ("a",)), ("c", "l", ("b",))), turn__collect=turns
    )
    view = spent_view(spent_of(simulated))
    assert (view.turns, view.usd, view.source, view.unpriced_turns) == (3, 0.75, "mixed", 1)
    assert money(view) == "$0.75 (mixed), and 1 turn of which the cost is not known"
    assert bill(view).endswith("480 tokens (150 from a cache, 30 output), 1s in 3 turns")


def test_no_cost_is_said_to_be_unknown_and_is_never_0() -> None:
    simulated = run(graph(("a", "l", ())), turn__collect=[collected()])
    view = spent_view(spent_of(simulated))
    assert (view.usd, view.source) == (None, None)
    assert money(view) == "the cost is not known"
    nothing = spent_view(spent_of(run(graph(("a", "l", ())))))
    assert (nothing.turns, nothing.usd, money(nothing), bill(nothing)) == (1, None, "", "")
