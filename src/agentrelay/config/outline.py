"""Reads Markdown as plan modes write it: which lines are headings, tasks, and the text of a task.

A plan needs few of Markdown's forms, and of each part the place in the file, for messages; so the
reader is our own. In doubt it follows CommonMark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from agentrelay.config.document import line_starts, position_at
from agentrelay.graph import codes
from agentrelay.graph.problem import Problem

TAB = 4

_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_ITEM = re.compile(r"(?:[-*+]|(?P<number>\d{1,9}[.)]))[ \t]+(?:\[(?P<box>[ xX])\](?:[ \t]+|$))?")
_FENCE = re.compile(r"(`{3,}+|~{3,}+)([^`]*+)")
_RULE = re.compile(r"([-*_])[ \t]*(\1[ \t]*){2,}")
_ENDS = re.compile(rf"<!--|{_RULE.pattern}$")
_YAML = ("yaml", "yml")
_LANES = 2
"""Level of the headings that are lanes."""
_LEFT = 4
"""Indentation from which on a line outside of an item is no heading, but code."""


@dataclass(frozen=True)
class Line:
    """A line without its end; ``start`` is its index in the text. ``is_code``: in a code block."""

    start: int
    text: str
    is_code: bool = False

    @property
    def body(self) -> str:
        """Return the line without the blanks around it."""
        return self.text.strip(" \t")

    @property
    def first(self) -> int:
        """Return the index in the text at which the body begins."""
        return self.start + len(self.text) - len(self.text.lstrip(" \t"))

    @property
    def indent(self) -> int:
        """Return the column, from 0, at which the body begins."""
        return len(self.text[: self.first - self.start].expandtabs(TAB))

    def beyond(self, margin: int) -> str:
        """Return the line without as much of its indentation as is within ``margin`` columns."""
        column = 0
        for place, char in enumerate(self.text):
            if column >= margin or char not in " \t":
                return " " * max(0, column - margin) + self.text[place:].rstrip(" \t")
            column += 1 if char == " " else TAB - column % TAB
        return ""


@dataclass(frozen=True)
class Title:
    """The text of a heading or of an item's first line, and its index in the file."""

    start: int
    text: str


@dataclass
class Item:
    """A task of a plan: its first line, where that is indented to, and the lines below it."""

    title: Title
    indent: int
    is_done: bool
    lines: list[Line] = field(default_factory=list[Line])


@dataclass
class Section:
    """What stands below a heading of the second level, or before the first of them.

    ``lines`` are those before its first task.
    """

    heading: Title | None
    lines: list[Line] = field(default_factory=list[Line])
    items: list[Item] = field(default_factory=list[Item])


@dataclass
class Outline:
    """A whole plan. ``settings`` is the stretch of the text that holds YAML for the graph."""

    title: Title | None = None
    settings: tuple[int, int] | None = None
    sections: list[Section] = field(default_factory=lambda: [Section(None)])


def outline_of(text: str) -> Outline | Problem:
    """Return the outline of a plan; a problem where a code block or comment has no end.

    Items with a box are tasks; where a plan has no box at all, its numbered items are.
    """
    found = _Scan(text).outline()
    if isinstance(found, Problem) or any(section.items for section in found.sections):
        return found
    return _Scan(text, numbered=True).outline()


@dataclass(frozen=True)
class _Literal:
    """A code block or comment that is open: what ends it, what it is, where it begins.

    ``settings`` is where its content begins, if that is YAML for the graph.
    """

    ends: Callable[[str], object]
    what: str
    start: int
    settings: int | None = None


class _Scan:
    """One pass over a plan, line by line."""

    def __init__(self, text: str, *, numbered: bool = False) -> None:
        self._text = text
        self._numbered = numbered
        self._outline = Outline()
        self._item: Item | None = None
        self._literal: _Literal | None = None
        self._endless: _Literal | None = None
        self._after_blank = True

    def outline(self) -> Outline | Problem:
        for line in self._below_front_matter(list(_lines(self._text))):
            self._read(line)
            self._after_blank = not line.body
        endless = self._endless or self._literal
        if endless is None:
            return self._outline
        where = position_at(self._text, line_starts(self._text), endless.start, 3)
        message = f"a {endless.what} has no end before the next task or the end of the file"
        return Problem(codes.SYNTAX, message, where, "begins here")

    def _below_front_matter(self, lines: list[Line]) -> list[Line]:
        """Return the lines below the front matter; where it has no end, it is none."""
        if lines[0].text.rstrip() != "---":
            return lines
        for number, line in enumerate(lines[1:], 1):
            if line.text.rstrip() in ("---", "..."):
                self._outline.settings = (lines[1].start, line.start)
                return lines[number + 1 :]
        return lines

    def _read(self, line: Line) -> None:
        is_out = self._item is None or line.indent <= self._item.indent
        if self._literal is not None:
            self._go_on(line, self._literal)
        elif not line.body:
            self._keep(line)
        elif not (is_out and self._begins(line)):
            if is_out and (self._after_blank or _ENDS.match(line.body)):
                self._item = None
            self._keep(line)
            self._literal = self._opened(line)

    def _go_on(self, line: Line, literal: _Literal) -> None:
        """Take a line of a code block or comment."""
        self._keep(Line(line.start, line.text, is_code=True))
        if literal.ends(line.body):
            self._literal = None
            if literal.settings is not None:
                self._outline.settings = (literal.settings, line.start)
        elif self._item is not None and line.indent <= self._item.indent:
            # A task may be hidden in what somebody forgot to end: that is never passed over.
            marker = _ITEM.match(line.body)
            self._endless = self._endless or (literal if marker and marker["box"] else None)

    def _begins(self, line: Line) -> bool:
        """Tell whether a line is a heading or begins a task; then that is begun."""
        heading = _HEADING.match(line.body) if line.indent < _LEFT else None
        if heading is not None:
            text = _without_closing(line.body[heading.end() :])
            self._head(len(heading[1]), Title(line.first + heading.end(), text))
            return True
        marker = _ITEM.match(line.body)
        if marker is None or _RULE.fullmatch(line.body):
            return False
        self._item = None
        if marker["box"] is None and not (self._numbered and marker["number"]):
            return False
        title = Title(line.first + marker.end(), line.body[marker.end() :])
        self._item = Item(title, line.indent, (marker["box"] or " ") != " ")
        self._outline.sections[-1].items.append(self._item)
        return True

    def _head(self, level: int, title: Title) -> None:
        self._item = None
        if level == 1 and self._outline.title is None:
            self._outline.title = title
        elif level == _LANES:
            self._outline.sections.append(Section(title))

    def _keep(self, line: Line) -> None:
        section = self._outline.sections[-1]
        if self._item is not None:
            self._item.lines.append(line)
        elif not section.items:
            section.lines.append(line)

    def _opened(self, line: Line) -> _Literal | None:
        """Return the code block or comment that a line opens."""
        fence = _FENCE.fullmatch(line.body)
        if fence is not None:
            ends = re.compile(f"{re.escape(fence[1][0])}{{{len(fence[1])},}}").fullmatch
            content = line.start + len(line.text) if self._is_settings(fence[2]) else None
            return _Literal(ends, "code block", line.first, content)
        if self._item is None and line.body.startswith("<!--") and "-->" not in line.body:
            return _Literal(lambda body: "-->" in body, "comment", line.first)
        return None

    def _is_settings(self, info: str) -> bool:
        """Tell whether a code block is for the graph: the first in YAML, above all lanes."""
        is_above = len(self._outline.sections) == 1 and not self._outline.sections[0].items
        return is_above and self._outline.settings is None and info.strip().lower() in _YAML


def _without_closing(text: str) -> str:
    """Return a heading's text without the ``#`` that may close it."""
    bare = text.rstrip("#")
    return bare.rstrip(" \t") if not bare or bare[-1] in " \t" else text


def _lines(text: str) -> Iterator[Line]:
    starts = line_starts(text)
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield Line(start, text[start:end].rstrip("\r\n"))
