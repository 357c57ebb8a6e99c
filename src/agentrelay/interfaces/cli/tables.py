"""Plain tables: columns aligned by what a terminal shows, the last one cut to its width."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence

import click

GAP = "  "


def screen_width() -> int | None:
    """Return the columns of the terminal that stdout is, or None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def aligned(
    rows: Iterable[Sequence[str]], *, indent: str = "", width: int | None = None
) -> list[str]:
    """Return the lines of a table. Cells may be styled; a cell of the last column is cut.

    Columns that are empty in all rows are left out. ``width`` None cuts nothing.
    """
    table = [list(row) for row in rows]
    count = max((len(row) for row in table), default=0)
    for row in table:
        row.extend([""] * (count - len(row)))
    used = [n for n in range(count) if any(row[n] for row in table)]
    widths = {n: max(columns_of(row[n]) for row in table) for n in used}
    return [
        _line([row[n] for n in used], [widths[n] for n in used], indent, width) for row in table
    ]


def columns_of(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(_columns(char) for char in click.unstyle(text))


def cut(text: str, columns: int) -> str:
    """Return plain ``text`` in at most so many columns, with dots where something was cut."""
    if columns_of(text) <= columns:
        return text
    kept = ""
    for char in text:
        if columns_of(kept) + _columns(char) > columns - 3:
            break
        kept += char
    return f"{kept}..."


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _line(cells: list[str], widths: list[int], indent: str, width: int | None) -> str:
    *first, last = cells or [""]
    padded = [
        cell + " " * (wide - columns_of(cell)) for cell, wide in zip(first, widths, strict=False)
    ]
    start = indent + "".join(cell + GAP for cell in padded)
    if width is not None and last == click.unstyle(last):
        last = cut(last, max(10, width - columns_of(start)))
    return (start + last).rstrip()
