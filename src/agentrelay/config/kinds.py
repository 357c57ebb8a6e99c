"""The kinds of values that a graph file has: each reads itself from a node and gives its schema.

One description serves both, so that what editors accept and what is read can't drift apart.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from agentrelay._shared.text import DURATION_PATTERN, DURATION_RULE, parse_duration, quoted
from agentrelay.config.reading import Reading
from agentrelay.graph import codes

Schema = dict[str, Any]

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_OLD_TRUTHS = frozenset(
    form for word in ("yes", "no", "on", "off") for form in (word, word.title(), word.upper())
)
_AMBIGUOUS = _NULLS | _TRUTHS.keys() | _OLD_TRUTHS
_NUMBER = re.compile(
    r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?|0[xob][0-9a-fA-F]+"
)
_WHOLE = re.compile(r"0|[1-9][0-9]{0,17}")
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?")
_NUMBER_START = frozenset("0123456789+-.")


class Kind(Protocol):
    """A kind of value."""

    def read(self, node: Node, reading: Reading, name: str) -> Any:  # noqa: ANN401 - by its kind
        """Return the value of ``node``, or None after noting what is wrong with it."""
        ...

    def schema(self) -> Schema:
        """Return the JSON Schema of the values that can be read."""
        ...


def _wrong_type(node: Node, reading: Reading, name: str, wanted: str, help_text: str = "") -> None:
    found = "a list" if isinstance(node, SequenceNode) else "a mapping"
    if isinstance(node, ScalarNode):
        empty = not node.style and node.value in _NULLS
        found = "empty" if empty else quoted(node.value)
        help_text = "give it a value, or remove the key" if empty else help_text
    reading.wrong(codes.WRONG_TYPE, f"`{name}` is {found}", node, f"must be {wanted}", help_text)


@dataclass(frozen=True)
class Text:
    """Text. ``pattern`` tells editors of a rule that validation checks with a better message.

    ``numbers`` admits bare numbers, which are taken as they are written.
    """

    pattern: str = ""
    numbers: bool = False

    def read(self, node: Node, reading: Reading, name: str) -> str | None:
        """Return the text of a scalar that every YAML reader takes for text."""
        if not isinstance(node, ScalarNode):
            _wrong_type(node, reading, name, "text")
            return None
        text: str = node.value
        if node.style:
            if "\0" in text:
                reading.wrong(codes.WRONG_TYPE, f"`{name}` has a NUL character", node, "NUL")
                return None
            return text
        number = text[:1] in _NUMBER_START and not self.numbers and _NUMBER.fullmatch(text)
        if number or text in _AMBIGUOUS:
            _wrong_type(node, reading, name, "text", f'quote it: "{text}"')
        # What was meant is clear, so that the rest can be checked against it.
        return None if text in _NULLS else text

    def schema(self) -> Schema:
        """Return the schema of a string."""
        shape: Schema = {"type": ["string", "number"] if self.numbers else "string"}
        return shape | ({"pattern": f"^(?:{self.pattern})$"} if self.pattern else {})


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def read(self, node: Node, reading: Reading, name: str) -> bool | None:
        """Return the truth; only the two words that all YAML versions agree on are read."""
        if isinstance(node, ScalarNode) and not node.style and node.value in _TRUTHS:
            return _TRUTHS[node.value]
        _wrong_type(node, reading, name, "true or false", "write true or false, without quotes")
        return None

    def schema(self) -> Schema:
        """Return the schema of a boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, node: Node, reading: Reading, name: str) -> str | None:
        """Return the word."""
        if isinstance(node, ScalarNode) and node.value in self.words:
            return node.value
        _wrong_type(node, reading, name, " or ".join(self.words))
        return None

    def schema(self) -> Schema:
        """Return the schema of an enumeration."""
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True)
class Whole:
    """A whole number within bounds, both included."""

    low: int
    high: int

    def read(self, node: Node, reading: Reading, name: str) -> int | None:
        """Return the number."""
        if not isinstance(node, ScalarNode) or node.style or not _WHOLE.fullmatch(node.value):
            _wrong_type(node, reading, name, "a whole number", "write it in plain digits")
            return None
        number = int(node.value)
        if self.low <= number <= self.high:
            return number
        bounds = f"must be from {self.low} to {self.high}"
        reading.wrong(codes.OUT_OF_RANGE, f"`{name}` is {number}", node, bounds)
        return None

    def schema(self) -> Schema:
        """Return the schema of a bounded integer."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Amount:
    """A number above zero, with decimals or without."""

    def read(self, node: Node, reading: Reading, name: str) -> float | None:
        """Return the number."""
        if not isinstance(node, ScalarNode) or node.style or not _DECIMAL.fullmatch(node.value):
            _wrong_type(node, reading, name, "a number above 0", "write it like 5 or 2.50")
            return None
        if not float(node.value):
            reading.wrong(codes.OUT_OF_RANGE, f"`{name}` is 0", node, "must be above 0")
            return None
        return float(node.value)

    def schema(self) -> Schema:
        """Return the schema of a positive number."""
        return {"type": "number", "exclusiveMinimum": 0}


@dataclass(frozen=True)
class Duration:
    """A length of time above zero; ``endless`` admits the word ``none``, read as infinity."""

    endless: bool = False

    def read(self, node: Node, reading: Reading, name: str) -> float | None:
        """Return the seconds."""
        text = node.value if isinstance(node, ScalarNode) else None
        if self.endless and text == "none":
            return math.inf
        seconds = parse_duration(text) if text is not None else None
        if seconds is None:
            bare = isinstance(text, str) and _WHOLE.fullmatch(text)
            hint = f"say the unit: {text}s, {text}m or {text}h" if bare else DURATION_RULE
            shown = quoted(text) if isinstance(text, str) else "not text"
            reading.wrong(
                codes.BAD_DURATION, f"`{name}` is {shown}", node, "must be a duration", hint
            )
        elif not seconds:
            reading.wrong(codes.OUT_OF_RANGE, f"`{name}` is 0", node, "must be above 0")
        return seconds or None

    def schema(self) -> Schema:
        """Return the schema of a duration's text."""
        pattern = f"(?=.*[1-9]){DURATION_PATTERN}"
        return {"type": "string", "pattern": f"^(?:{pattern}{'|none' if self.endless else ''})$"}


@dataclass(frozen=True)
class ListOf:
    """A list. With ``sparse``, an item that can't be read is None and the others are kept."""

    item: Kind
    at_least: int = 0
    sparse: bool = False

    def read(self, node: Node, reading: Reading, name: str) -> tuple[Any, ...] | None:
        """Return the items."""
        if not isinstance(node, SequenceNode):
            bare = isinstance(node, ScalarNode) and node.value not in _NULLS
            hint = f"write it as a list: [{node.value}]" if bare and len(node.value) < 40 else ""  # noqa: PLR2004 - short ones are shown
            _wrong_type(node, reading, name, "a list", hint)
            return None
        items = tuple(
            self.item.read(entry, reading, name) if reading.admits(entry) else None
            for entry in node.value
        )
        return items if self.sparse or None not in items else None

    def schema(self) -> Schema:
        """Return the schema of an array."""
        shape: Schema = {"type": "array", "items": self.item.schema()}
        return shape | ({"minItems": self.at_least} if self.at_least else {})


@dataclass(frozen=True)
class MapOf:
    """A mapping whose keys the author chooses; ``pattern`` tells editors what they look like."""

    item: Kind
    pattern: str

    def read(self, node: Node, reading: Reading, name: str) -> dict[str, Any] | None:
        """Return the values by key; a value that can't be read is None."""
        if not isinstance(node, MappingNode):
            _wrong_type(node, reading, name, "a mapping", "write it as {NAME: value}")
            return None
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = reading.key(key_node, values)
            if key is not None:
                admitted = reading.admits(value_node)
                values[key] = self.item.read(value_node, reading, key) if admitted else None
        return values

    def schema(self) -> Schema:
        """Return the schema of an object with free keys."""
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^(?:{self.pattern})$"},
            "additionalProperties": self.item.schema(),
        }


@dataclass(frozen=True)
class Command:
    """A line of shell, or a list that is run as it stands."""

    argv: ListOf = field(default_factory=lambda: ListOf(Text(numbers=True), at_least=1))

    def read(self, node: Node, reading: Reading, name: str) -> str | tuple[str, ...] | None:
        """Return the line or the argv."""
        if isinstance(node, SequenceNode):
            return self.argv.read(node, reading, name)
        if isinstance(node, MappingNode):
            _wrong_type(node, reading, name, "a line of shell or a list")
            return None
        return Text().read(node, reading, name)

    def schema(self) -> Schema:
        """Return the schema of either form."""
        return {"oneOf": [{"type": "string", "pattern": "\\S"}, self.argv.schema()]}


@dataclass(frozen=True)
class Key:
    """A key of a record: what it holds, and what editors say about it."""

    name: str
    kind: Kind
    about: str
    required: bool = False


@dataclass(frozen=True)
class Record:
    """A mapping with known keys. Of the two keys in ``either``, only one may be given."""

    what: str
    keys: tuple[Key, ...]
    either: tuple[str, str] | None = None

    @cached_property
    def by_name(self) -> dict[str, Key]:
        """Return the keys by name."""
        return {key.name: key for key in self.keys}

    @cached_property
    def _required(self) -> tuple[str, ...]:
        return tuple(key.name for key in self.keys if key.required)

    def read(self, node: Node, reading: Reading, name: str) -> dict[str, Any] | None:
        """Return the given keys' values; a value that can't be read is None."""
        if not isinstance(node, MappingNode):
            _wrong_type(node, reading, name, f"{self.what}, a mapping of keys to values")
            return None
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            text = reading.key(key_node, values)
            if text is None:
                continue
            key = self.by_name.get(text)
            if key is None:
                reading.unknown_key(key_node, self.what, self.by_name)
                continue
            admitted = reading.admits(value_node)
            values[text] = key.kind.read(value_node, reading, text) if admitted else None
        self._check_presence(node, reading, values)
        return values

    def _check_presence(self, node: Node, reading: Reading, values: dict[str, Any]) -> None:
        for name in self._required:
            if name not in values:
                reading.wrong(
                    codes.MISSING_KEY, f"{self.what} has no `{name}`", node, f"needs `{name}`"
                )
        if self.either is not None and values.keys() >= set(self.either):
            short, long = self.either
            reading.wrong(
                codes.TWO_GATE_FORMS,
                f"{self.what} has both `{short}` and `{long}`",
                node,
                "only one of the two may be given",
                f"put the command of `{short}` into the list of `{long}`",
            )

    def schema(self) -> Schema:
        """Return the schema of an object with exactly these keys."""
        shape: Schema = {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                key.name: {**key.kind.schema(), "description": key.about} for key in self.keys
            },
        }
        if self._required:
            shape["required"] = list(self._required)
        return shape | ({"not": {"required": list(self.either)}} if self.either else {})
