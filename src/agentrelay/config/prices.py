"""Reads what models cost: the user's own prices first, then those that come with agentrelay."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import cast

from agentrelay.agent.core.prices import Price, PriceTable
from agentrelay.config.settings import user_settings_path
from agentrelay.errors import SettingsError

VERSION = 1
OURS = Path(__file__).with_name("prices.toml")
_NUMBERS = tuple(field.name for field in fields(Price) if field.name != "model")
_NEEDED = ("uncached", "output")


def load_prices(environ: Mapping[str, str], platform: str) -> PriceTable:
    """Return all prices; SettingsError, which names the row, where the user's can't be used."""
    theirs = user_prices_path(environ, platform)
    own = _read(theirs) if theirs is not None and theirs.is_file() else ()
    return PriceTable((*own, *_read(OURS)))


def user_prices_path(environ: Mapping[str, str], platform: str) -> Path | None:
    """Return the user's file of prices, there or not; None where nobody says where it would be."""
    settings = user_settings_path(environ, platform)
    return settings.with_name("prices.toml") if settings is not None else None


def _read(path: Path) -> tuple[Price, ...]:
    try:
        with path.open("rb") as file:
            found: dict[str, object] = tomllib.load(file)
    except (OSError, ValueError) as error:
        raise SettingsError(f"can't read {path}: {error}") from error
    if found.get("version") != VERSION:
        raise SettingsError(f"{path} has no line `version = {VERSION}`")
    rows = found.get("price", [])
    if not isinstance(rows, list):
        raise SettingsError(f"{path}: prices are tables: [[price]]")
    numbered = enumerate(cast("list[object]", rows), 1)
    return tuple(_price(path, number, row) for number, row in numbered)


def _price(path: Path, number: int, row: object) -> Price:
    where = f"{path}, price {number}"
    given = cast("dict[str, object]", row) if isinstance(row, dict) else {}
    model = given.get("model")
    if not isinstance(model, str) or not model:
        raise SettingsError(f"{where}: it names no `model`")
    if unknown := given.keys() - {"model", *_NUMBERS}:
        raise SettingsError(f"{where}: unknown key {min(unknown)!r}")
    if missing := [name for name in _NEEDED if name not in given]:
        raise SettingsError(f"{where}: {missing[0]!r} is missing", hint="dollars for 1,000,000")
    numbers = {name: _number(where, name, given[name]) for name in _NUMBERS if name in given}
    return Price(model.lower(), **numbers)


def _number(where: str, name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    raise SettingsError(f"{where}: {name!r} is no amount of dollars")
