"""Writes a document as YAML that means the very same, with comments on where each part stood."""

from __future__ import annotations

from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from agentrelay._shared.text import printable
from agentrelay.config.document import Document
from agentrelay.config.scalars import scalar

_SHORT = 80
"""Characters of a list that is written on one line."""


def yaml_of(document: Document, path: str) -> str:
    """Return ``document``, which was read from ``path`` without problems, as the text of a graph.

    The text is as long as the document, and a comment names the line of each lane and task.
    """
    lines = [f"# What {printable(path)} means. A line number is that of a lane or task in it."]
    for key, value in document.root.value:
        if isinstance(value, SequenceNode) and key.value in ("workstreams", "tasks"):
            lines.append(f"{key.value}:")
            for item in value.value:
                lines.append(f"  # line {document.position_of(item).line}")
                lines += _deeper(_block(item, "- "))
        else:
            lines += _entry(_word(key) + ":", value)
    return "\n".join(lines) + "\n"


def _entry(head: str, value: Node) -> list[str]:
    """Return the lines of ``head``, a key with its colon or a dash, and its value."""
    if isinstance(value, ScalarNode):
        literal = value.style and _is_literal(value.value)
        text = "|-" if literal else _word(value)
        return [
            f"{head} {text}" if text else head,
            *(_deeper(value.value.split("\n")) if literal else []),
        ]
    on_one_line = _flow(value)
    if on_one_line is not None:
        return [f"{head} {on_one_line}"]
    return [head, *_deeper(_block(value))]


def _block(node: Node, lead: str = "") -> list[str]:
    """Return the lines of a collection; those after the first are as deep as ``lead`` is wide."""
    lines = list(_parts(node))
    return [lead + lines[0], *_deeper(lines[1:], " " * len(lead))]


def _parts(node: Node) -> Iterator[str]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _entry(_word(key) + ":", value)
        return
    for item in node.value:
        if isinstance(item, MappingNode) and item.value:
            yield from _block(item, "- ")
        else:
            yield from _entry("-", item)


def _flow(node: Node) -> str | None:
    """Return a short list of words on one line, None for what is not that."""
    if not node.value:
        return "{}" if isinstance(node, MappingNode) else "[]"
    if isinstance(node, MappingNode):
        return None
    words = [_word(item) for item in node.value if isinstance(item, ScalarNode)]
    # Only what needs no quotes anywhere: a plain word of a block may have what ends one in a list.
    is_short = len(words) == len(node.value) and all(scalar(word) == word for word in words)
    text = f"[{', '.join(words)}]" if is_short else ""
    return text if 0 < len(text) <= _SHORT else None


def _word(node: ScalarNode) -> str:
    """Return a scalar on one line; what has no style is more than text, such as a number."""
    text: str = node.value
    return text if not node.style and "\n" not in text else scalar(text)


def _is_literal(text: str) -> bool:
    """Tell whether YAML gives back a text of several lines that is written as a literal block."""
    lines = text.split("\n")
    is_plain = all(line.isprintable() and not line.endswith(" ") for line in lines)
    return is_plain and len(lines) > 1 and lines[0][:1] not in ("", " ") and bool(lines[-1])


def _deeper(lines: list[str], margin: str = "  ") -> list[str]:
    return [line and margin + line for line in lines]
