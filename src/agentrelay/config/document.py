"""A document as a tree of YAML's nodes, in which positions are looked up when asked for."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from agentrelay.graph.problem import Path, Position, Problem

_LINE_END = re.compile(r"\r\n|\n|\r")
_FALLBACKS = {"gates": "completion_gate"}


@dataclass(frozen=True)
class Document:
    """A document: its text, and the tree of its nodes, whose root is a mapping.

    ``problems`` were found while the tree was made, where the text is no YAML.
    """

    text: str
    root: MappingNode
    problems: tuple[Problem, ...] = ()

    def position_of(self, node: Node) -> Position:
        """Return the part of the first line of ``node`` that is worth marking."""
        first = _first_leaf(node)
        start, end = first.start_mark.index, first.end_mark.index
        return position_at(self.text, self._line_starts, start, end - start)

    def locate(self, path: Path) -> Position | None:
        """Return the position of the value at ``path``, or of what is nearest above it.

        A task's value that is not in the task is looked for in ``defaults``.
        """
        node, rest = _descend(self.root, path)
        if rest and path[0] == "tasks":
            default, missing = _descend(self.root, ("defaults", *path[2:]))
            node = default if len(missing) < len(rest) else node
        return self.position_of(_named(node))

    @cached_property
    def _line_starts(self) -> list[int]:
        return line_starts(self.text)


def line_starts(text: str) -> list[int]:
    """Return the index at which each line of ``text`` begins."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def position_at(text: str, starts: list[int], index: int, length: int) -> Position:
    """Return the position of ``index``; ``length`` is cut at the line's end, but at least 1."""
    line = bisect_right(starts, index)
    end = starts[line] if line < len(starts) else len(text)
    if index + length >= end:
        length = len(text[index:end].rstrip())
    return Position(line, index - starts[line - 1] + 1, max(1, length))


def _descend(node: Node, path: Path) -> tuple[Node, Path]:
    """Return the node that is nearest to ``path``, and the part of the path that was not found."""
    for depth, step in enumerate(path):
        below = _child(node, step)
        if below is None:
            return node, path[depth:]
        node = below
    return node, ()


def _child(node: Node, step: str | int) -> Node | None:
    if isinstance(node, SequenceNode) and isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    if isinstance(node, MappingNode):
        values = {key.value: value for key, value in node.value if isinstance(key, ScalarNode)}
        return values.get(step) or values.get(_FALLBACKS.get(str(step)))
    # A short form stands for the whole that a path leads into.
    return node if isinstance(node, ScalarNode) else None


def _named(node: Node) -> Node:
    """Return the id or name of a mapping that has one: it says best which mapping is meant."""
    if isinstance(node, MappingNode):
        return _child(node, "id") or _child(node, "name") or node
    return node


def _first_leaf(node: Node) -> Node:
    """Return the first key or item of a block, so that only that is marked."""
    while isinstance(node, CollectionNode) and not node.flow_style and node.value:
        first = node.value[0]
        node = first[0] if isinstance(node, MappingNode) else first
    return node
