"""Words for people: durations, close matches, and foreign text made safe to print."""

from __future__ import annotations

import re
from collections.abc import Collection

DURATION_PATTERN = r"(?=[0-9])([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?"
DURATION_RULE = "a duration is written like 90s, 10m or 1h30m"

_DURATION = re.compile(DURATION_PATTERN)
_NAMED = 3
"""So many names are listed; the rest is counted."""
_SHOWN = 60


def parse_duration(text: str) -> float | None:
    """Return the seconds of a text such as ``1h30m``, or None where it is no duration."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (int(part[:-1]) if part else 0 for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def format_duration(seconds: float) -> str:
    """Return the shortest text of whole seconds that ``parse_duration`` reads back."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else ""]
    return "".join([*parts, f"{rest}s" if rest else ""]) or "0s"


def format_bytes(count: int) -> str:
    """Return a size in the unit in which it is short, such as ``1.5 MB``."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count // 1000} kB"


def printable(text: str) -> str:
    r"""Return ``text`` on one line with whatever could steer a terminal escaped, as ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def named(word: str, names: list[str]) -> str:
    """Return the first of ``names`` after what they are, the rest as a number."""
    shown = ", ".join(names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{word}{'s' if len(names) > 1 else ''} {shown}{more}"


def quoted(text: str) -> str:
    """Return ``text`` in double quotes, printable, and cut where it is long."""
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return f'"{printable(shown)}"'


class Spelling:
    """Finds what somebody may have meant among ``known`` names.

    Only the first ``tries`` questions are answered: comparing thousands of wrong names with
    thousands of right ones takes minutes, and nobody reads the thousandth suggestion. ``likeness``
    is what counts as like, from 0 to 1, the same.
    """

    def __init__(self, known: Collection[str], *, tries: int = 20, likeness: float = 0.6) -> None:
        """Answer from ``known``, at most ``tries`` times."""
        self._known = known
        self._tries = tries
        self._likeness = likeness

    def closest(self, name: str) -> str | None:
        """Return the known name that is most like ``name``, or None where none is."""
        if self._tries <= 0:
            return None
        self._tries -= 1
        import difflib  # noqa: PLC0415 - needed for misspelt names only, and slow to load

        folded = {known.casefold(): known for known in self._known}
        matches = difflib.get_close_matches(name[:_SHOWN].casefold(), folded, 1, self._likeness)
        return folded[matches[0]] if matches else None

    def hint(self, name: str) -> str:
        """Return ``did you mean "x"?``, or nothing."""
        match = self.closest(name)
        return f"did you mean {quoted(match)}?" if match is not None else ""


def _escaped(char: str) -> str:
    code = ord(char)
    if char == "\n":
        return "\\n"
    if char == "\t":
        return "\\t"
    width, letter = (2, "x") if code <= 0xFF else (4, "u") if code <= 0xFFFF else (8, "U")  # noqa: PLR2004 - the ranges of Python's own escapes
    return f"\\{letter}{code:0{width}x}"
