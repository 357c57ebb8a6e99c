"""Rows of the benchmark's table: what was aimed at, what was measured, whether that is enough."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line; ``ok`` is None where it is not judged. ``detail`` has the absolute figures."""

    name: str
    target: str
    measured: str
    ok: bool | None
    detail: str = ""


def render(rows: Iterable[Row]) -> str:
    """Return the rows as text, columns aligned."""
    cells = [("what", "target", "measured", "", "absolute figures")]
    words = {True: "ok", False: "OVER", None: "-"}
    cells += [(row.name, row.target, row.measured, words[row.ok], row.detail) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines: list[str] = []
    for *columns, detail in cells:
        padded = [cell.ljust(width) for cell, width in zip(columns, widths, strict=True)]
        lines.append("  ".join([*padded, detail]).rstrip())
    return "\n".join(lines)
