"""Shows problems of a file to a person: each with its line, and a mark under what is wrong."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from agentrelay._shared.text import printable
from agentrelay.config.document import line_starts
from agentrelay.graph.problem import Position, Problem

WIDTH = 100
"""Columns of a source line that are shown; of a longer line the part around the mark is."""

MOST = 200
"""Problems that are shown; where there are more, they have few causes."""

_TAB = "    "
_CUT = "..."
_BEFORE_MARK = 40


def render_problems(path: str, source: str, problems: Sequence[Problem]) -> str:
    """Return ``problems`` of the file ``path`` with the text ``source``, in the file's order.

    The text ends with a newline and is safe to print, whatever the file holds.
    """
    starts = line_starts(source)
    ordered = sorted(problems, key=lambda problem: (problem.place, problem.code))
    shown = [_render(printable(path), source, starts, problem) for problem in ordered[:MOST]]
    hidden = len(ordered) - len(shown)
    return "\n".join([*shown, f"and {hidden} more problems\n"] if hidden else shown)


def _render(path: str, source: str, starts: list[int], problem: Problem) -> str:
    lines = [f"error[{problem.code}]: {printable(problem.message)}"]
    where = problem.position
    margin = " " * (len(str(where.line)) if where else 1)
    if where is None:
        lines.append(f"{margin}--> {path}")
    else:
        shown, mark = _marked(_line(source, starts, where.line), where)
        lines += [
            f"{margin}--> {path}:{where.line}:{where.column}",
            f"{margin} |",
            f"{where.line} | {shown}".rstrip(),
            f"{margin} | {mark} {printable(problem.label)}".rstrip(),
        ]
    lines += [f"{margin} = note: {printable(note)}" for note in problem.notes]
    lines += [f"{margin} = help: {printable(problem.help)}"] if problem.help else []
    return "\n".join(lines) + "\n"


def _line(source: str, starts: list[int], number: int) -> str:
    end = starts[number] if number < len(starts) else len(source)
    return source[starts[number - 1] : end].rstrip("\r\n")


def _marked(line: str, where: Position) -> tuple[str, str]:
    """Return the shown part of ``line``, and the line below it with the mark."""
    column = min(where.column - 1, len(line))
    # No more than this is ever shown, and a file may be one line of megabytes.
    near = max(0, column - WIDTH)
    cells = [_TAB if char == "\t" else printable(char) for char in line[near : column + 2 * WIDTH]]
    begin = column - near
    first, last = _window(cells, begin)
    end = min(begin + where.length, last)
    before = (_CUT if near + first else "") + "".join(cells[first:begin])
    marked = "".join(cells[begin:end])
    after = "".join(cells[end:last]) + (_CUT if near + last < len(line) else "")
    return before + marked + after, " " * _columns(before) + "^" * max(1, _columns(marked))


def _window(cells: list[str], begin: int) -> tuple[int, int]:
    """Return the range of ``cells`` to show, which has the mark's beginning in it."""
    if sum(map(_columns, cells)) <= WIDTH:
        return 0, len(cells)
    first, room = begin, _BEFORE_MARK
    while first and room >= _columns(cells[first - 1]):
        first -= 1
        room -= _columns(cells[first])
    last, room = first, WIDTH
    while last < len(cells) and room >= _columns(cells[last]):
        room -= _columns(cells[last])
        last += 1
    return first, last


def _columns(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
