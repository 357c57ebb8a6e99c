"""Tells the keys of a plan's tasks and lanes from their prose, and reads their values.

A key stands on a line of its own, ``key: value``, with what the graph format has for it; ``needs``
and ``gate`` are a plan's own, shorter words. What is in code or in an inner list is prose.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from yaml.nodes import MappingNode, ScalarNode

from agentrelay._shared.text import Spelling, quoted
from agentrelay.config.compose import compose
from agentrelay.config.document import line_starts, position_at
from agentrelay.config.kinds import Record
from agentrelay.config.nodes import Pairs, mapping, move, scalar, sequence
from agentrelay.config.outline import Line
from agentrelay.graph import codes
from agentrelay.graph.problem import Problem

NEEDS, GATE = "needs", "gate"
SHORT = {NEEDS: "dependencies", GATE: "gates"}
"""A plan's own words, each for a list of the graph format; a line adds to that."""

TYPING_ERROR = 0.8
"""How much like a key a word is that must be one misspelt; ``tests`` and ``gates`` are less."""

_KEY = re.compile(r"([a-z][a-z_]*):(?:[ \t]+(.*))?")
_INNER = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_NAME = re.compile(r"[^\s,`\[\]\"'-][^\s,`\[\]\"']*")
_CODE = re.compile(r"(`++)([^`]++)\1")


@dataclass(frozen=True)
class Words:
    """The keys that a record has in a plan; ``elsewhere`` says how others are said there."""

    record: Record
    elsewhere: Mapping[str, str]

    @cached_property
    def known(self) -> frozenset[str]:
        """Return the keys that a line may state."""
        formal = {key.name for key in self.record.keys} - self.elsewhere.keys()
        return frozenset(formal | {word for word, formal_ in SHORT.items() if formal_ in formal})


@dataclass(frozen=True)
class _Stated:
    """A key that a plan states, and its value; as indices: where it begins and ends."""

    name: str
    value: str
    start: int
    value_start: int
    end: int


class KeyReader:
    """Reads what stands below titles and headings of a plan; ``problems`` are what is wrong."""

    def __init__(self, text: str) -> None:
        """Begin without problems."""
        self.problems: list[Problem] = []
        self._text = text
        self._starts = line_starts(text)
        self._judged: dict[tuple[str, Collection[str]], str] = {}

    def read(self, lines: Sequence[Line], words: Words) -> tuple[Pairs, str]:
        """Return the keys that ``lines`` state, with their values, and the prose that is left."""
        stated: list[_Stated] = []
        prose: list[Line] = []
        end = 0
        for number, (line, may_state) in enumerate(_with_place(lines)):
            if line.start < end:
                continue
            match = _KEY.fullmatch(line.body) if may_state else None
            if match is not None and match[1] in words.known:
                stated.append(_stated(match, lines, number))
                end = stated[-1].end
                continue
            if match is not None:
                self._judge(match[1], line, words)
            prose.append(line)
        return self._pairs(stated), _text_of(prose)

    def _judge(self, word: str, line: Line, words: Words) -> None:
        """Note a word that looks like a key and is none: that is seldom prose."""
        asked = (word, words.known)
        if asked not in self._judged:
            hint = Spelling(words.known, likeness=TYPING_ERROR).hint(word)
            self._judged[asked] = words.elsewhere.get(word) or hint
        hint = self._judged[asked]
        if hint:
            where = position_at(self._text, self._starts, line.first, len(word))
            message = f"{words.record.what} of a plan has no key {quoted(word)}"
            hint += " (prose that looks so begins with a capital letter)"
            problem = Problem(codes.UNKNOWN_KEY, message, where, "unknown key", hint)
            self.problems.append(problem)

    def _pairs(self, stated: list[_Stated]) -> Pairs:
        pairs: Pairs = []
        lists = {
            name: sequence(each.value_start, [])
            for each in reversed(stated)
            if (name := SHORT.get(each.name)) is not None
        }
        added: set[str] = set()
        for each in stated:
            name = SHORT.get(each.name)
            if name is None:
                pairs += self._yaml(each)
                continue
            if name not in added:
                added.add(name)
                pairs.append((scalar(each.start, name, len(each.name)), lists[name]))
            items = lists[name].value
            items += self._names(each) if each.name == NEEDS else [_gate(each, len(items) + 1)]
        return pairs

    def _names(self, each: _Stated) -> list[ScalarNode]:
        """Return the names in a value, with commas, blanks, brackets or dashes between them."""
        found = _NAME.finditer(self._text, each.value_start, each.end)
        return [scalar(match.start(), match[0]) for match in found]

    def _yaml(self, each: _Stated) -> Pairs:
        """Return the pair of a key whose value is YAML, be it in backquotes or not."""
        code = _CODE.fullmatch(each.value)
        text = self._text[each.start : each.end]
        found = compose(text.replace("`", " ") if code else text, f"`{each.name}`")
        if isinstance(found, Problem):
            self.problems.append(self._moved(found, each.start))
            return []
        move(found.root, each.start)
        return list(found.root.value)

    def _moved(self, problem: Problem, start: int) -> Problem:
        if problem.position is None:
            return problem
        first = position_at(self._text, self._starts, start, 1)
        line, column = problem.position.line, problem.position.column
        column += first.column - 1 if line == 1 else 0
        moved = replace(problem.position, line=first.line + line - 1, column=column)
        return replace(problem, position=moved)


def _with_place(lines: Sequence[Line]) -> Iterator[tuple[Line, bool]]:
    """Give each line, and whether a key may stand there: not in code, nor in an inner list."""
    inner: int | None = None
    for line in lines:
        if line.body and (inner is None or line.indent <= inner):
            is_inner = not line.is_code and _INNER.match(line.body)
            inner = line.indent if is_inner else None
        yield line, inner is None and not line.is_code


def _stated(match: re.Match[str], lines: Sequence[Line], number: int) -> _Stated:
    """Return a key; one without a value on its line has the lines below that are deeper."""
    line, value = lines[number], match[2] or ""
    end = line.first + len(line.body)
    if not value and match[1] != GATE:
        for below in range(number + 1, len(lines)):
            deeper = lines[below]
            if deeper.body and deeper.indent <= line.indent:
                break
            end = deeper.start + len(deeper.text) if deeper.body else end
    start = line.first + (match.start(2) if value else match.end(1) + 1)
    return _Stated(match[1], value, line.first, start, end)


def _gate(each: _Stated, number: int) -> MappingNode:
    """Return a gate whose command is the rest of the line, as it stands."""
    code = _CODE.fullmatch(each.value)
    start = each.value_start + (code.start(2) if code else 0)
    line = code[2] if code else each.value
    run = scalar(start, line, style='"' if line else None)
    name = scalar(start, f"{GATE}-{number}", len(line))
    keys = (scalar(each.start, word, len(GATE)) for word in ("name", "run"))
    return mapping(each.start, list(zip(keys, (name, run), strict=True)))


def _text_of(lines: Sequence[Line]) -> str:
    """Return prose without the indentation that all of it has."""
    margin = min((line.indent for line in lines if line.body and line.indent), default=0)
    return "\n".join(line.beyond(margin) for line in lines).strip("\n")
