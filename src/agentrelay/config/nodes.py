"""Nodes of a document that no YAML parser made, and the places that they have in its text."""

from __future__ import annotations

from collections.abc import Sequence

from yaml.error import Mark
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

Pairs = list[tuple[Node, Node]]


def scalar(
    start: int, text: str, length: int | None = None, *, style: str | None = '"'
) -> ScalarNode:
    """Return a scalar at ``start``; one without a style is read as a plain word of YAML is."""
    end = start + (len(text) if length is None else length)
    return ScalarNode("", text, _mark(start), _mark(end), style)


def mapping(start: int, pairs: Pairs) -> MappingNode:
    """Return a mapping that begins at ``start``."""
    return MappingNode("", pairs, _mark(start), _mark(start))


def sequence(start: int, items: Sequence[Node]) -> SequenceNode:
    """Return a list that begins at ``start``."""
    return SequenceNode("", list(items), _mark(start), _mark(start))


def move(node: Node, offset: int) -> None:
    """Move a node and all in it by ``offset`` characters."""
    _move(node, offset, set())


def _move(node: Node, offset: int, moved: set[int]) -> None:
    # An alias has the very node that it stands for.
    if id(node) in moved:
        return
    moved.add(id(node))
    node.start_mark = _mark(node.start_mark.index + offset)
    node.end_mark = _mark(node.end_mark.index + offset)
    if isinstance(node, MappingNode):
        for pair in node.value:
            for part in pair:
                _move(part, offset, moved)
    elif isinstance(node, CollectionNode):
        for item in node.value:
            _move(item, offset, moved)


def _mark(index: int) -> Mark:
    return Mark("", index, 0, 0, None, 0)
