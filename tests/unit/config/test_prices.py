"""Prices: which counts for a model, what a turn cost, and what is wrong in a file of the user's."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentrelay.agent.core.prices import Price, PriceTable
from agentrelay.agent.core.report import Usage
from agentrelay.config.prices import load_prices, user_prices_path
from agentrelay.errors import SettingsError

USAGE = Usage(uncached=1_000_000, cache_read=2_000_000, cache_write=500_000, output=100_000)


def prices(tmp_path: Path, text: str | None = None) -> PriceTable:
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    path = user_prices_path(environ, "linux")
    assert path is not None
    if text is not None:
        path.parent.mkdir()
        path.write_text(text)
    return load_prices(environ, "linux")


def test_each_kind_of_token_has_its_price() -> None:
    table = PriceTable((Price("m", uncached=4, output=20, cache_read=0.4, cache_write=5),))
    assert table.cost("m", USAGE) == pytest.approx(4 + 0.8 + 2.5 + 2)
    assert PriceTable((Price("m", 4, 20),)).cost("m", USAGE) == pytest.approx(4 + 8 + 2 + 2)


def test_a_model_that_nobody_knows_has_no_cost_which_is_not_0(tmp_path: Path) -> None:
    table = prices(tmp_path)
    assert table.cost("gpt-5.5", USAGE) is not None
    assert table.cost("openai/GPT-5.5", USAGE) == table.cost("gpt-5.5", USAGE)
    assert table.cost("gpt-5.5-pro", USAGE) is None
    assert table.cost("another", USAGE) is None
    assert table.cost(None, USAGE) is None


def test_the_user_s_prices_go_first(tmp_path: Path) -> None:
    row = '[[price]]\nmodel = "gpt-*"\nuncached = 1\noutput = 1\n'
    assert prices(tmp_path, f"version = 1\n{row}").cost("gpt-5.5", USAGE) == pytest.approx(3.6)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("version = ", "can't read"),
        ("", "has no line `version = 1`"),
        ("version = 1\nprice = 3", "prices are tables"),
        ("version = 1\n[[price]]\nuncached = 1", "price 1: it names no `model`"),
        ('version = 1\n[[price]]\nmodel = "m"\nuncached = 1', "'output' is missing"),
        ('version = 1\n[[price]]\nmodel = "m"\nuncached = -1\noutput = 1', "is no amount"),
        ('version = 1\n[[price]]\nmodel = "m"\nuncached = nan\noutput = 1', "is no amount"),
        ('version = 1\n[[price]]\nmodel = "m"\ninput = 1', "unknown key 'input'"),
    ],
)
def test_what_is_wrong_in_the_user_s_file_is_said(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        prices(tmp_path, text)
