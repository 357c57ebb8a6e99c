"""The kinds of values that settings have: each checks a TOML value and reads a variable's text."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Protocol, cast

from agentrelay._shared.text import parse_duration, quoted
from agentrelay.graph.credentials import is_forge_credential

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class SettingKind(Protocol):
    """A kind of setting; both methods raise ValueError with what the value must be."""

    def check(self, value: object) -> object:
        """Return the setting for a value of a TOML file or of a flag."""
        ...

    def parse(self, text: str) -> object:
        """Return the setting for the text of an environment variable."""
        ...


@dataclass(frozen=True)
class Word:
    """Text on one line; where there are ``choices``, one of them."""

    choices: tuple[str, ...] = ()

    def check(self, value: object) -> object:
        """Return the text."""
        if self.choices and value not in self.choices:
            raise ValueError(f"must be one of {', '.join(self.choices)}")
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise ValueError("must be text on one line")
        return value

    def parse(self, text: str) -> object:
        """Return the text."""
        return self.check(text)


@dataclass(frozen=True)
class Truth:
    """True or false."""

    def check(self, value: object) -> object:
        """Return the truth."""
        if not isinstance(value, bool):
            raise ValueError("must be true or false")  # noqa: TRY004 - one error for callers
        return value

    def parse(self, text: str) -> object:
        """Return the truth that a word stands for."""
        word = text.strip().lower()
        return self.check(word in _TRUE if word in _TRUE | _FALSE else None)


@dataclass(frozen=True)
class Count:
    """A whole number within bounds, both included."""

    low: int
    high: int

    def check(self, value: object) -> object:
        """Return the number."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("must be a whole number")  # noqa: TRY004 - one error for callers
        if not self.low <= value <= self.high:
            raise ValueError(f"must be from {self.low} to {self.high}")
        return value

    def parse(self, text: str) -> object:
        """Return the number that digits stand for."""
        digits = text.strip()
        return self.check(int(digits) if digits.isdecimal() and len(digits) <= 9 else None)  # noqa: PLR2004 - more digits than any bound


@dataclass(frozen=True)
class Span:
    """A length of time above zero, kept as it was written."""

    def check(self, value: object) -> object:
        """Return the text."""
        if not isinstance(value, str) or not parse_duration(value):
            raise ValueError('must be a time such as "90s", "5m" or "1h30m"')
        return value

    def parse(self, text: str) -> object:
        """Return the text."""
        return self.check(text.strip())


@dataclass(frozen=True)
class Words:
    """A list of texts; in an environment variable they are separated as in a shell."""

    def check(self, value: object) -> object:
        """Return the texts."""
        if not isinstance(value, list | tuple):
            raise ValueError('must be a list of texts, like ["one", "two"]')  # noqa: TRY004 - one error for callers
        items = tuple(cast("list[object]", value))
        if not all(isinstance(item, str) and item and "\0" not in item for item in items):
            raise ValueError("must hold texts only")
        return items

    def parse(self, text: str) -> object:
        """Return the words of the text."""
        return self.check(shlex.split(text))


@dataclass(frozen=True)
class Variables(Words):
    """Names of environment variables that agents may get."""

    def check(self, value: object) -> object:
        """Return the names; none may carry a forge's key."""
        names = cast("tuple[str, ...]", super().check(value))
        for name in names:
            if is_forge_credential(name):
                raise ValueError(f"must not name {quoted(name)}: agents never get forge keys")
        return names
