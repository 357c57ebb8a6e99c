"""Read the event stream that a coding program has printed: JSON objects, one a line.

Between them may stand anything: warnings, banners, a torn last line, lines of megabytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, cast

MAX_LINE = 16 * 1024 * 1024
"""Bytes of a line beyond which it is passed over; agents print a tool's whole output on one."""

_CHUNK = 1 << 16

MAX_SAID = 2_000
"""Characters of an agent's last words that are kept."""

Object = Mapping[str, object]

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


def objects(output: Path) -> Iterator[Object]:
    """Give the JSON objects of ``output`` in order; no more than one line is held at a time."""
    for line in lines(output):
        if (found := read_object(line)) is not None:
            yield found


def session_and_result(output: Path) -> tuple[str | None, Object | None]:
    """Return the session and the last ``result`` event of a stream like that of Claude Code."""
    session, result = None, None
    for event in objects(output):
        session = identifier(event, "session_id") or session
        if event.get("type") == "result":
            result = event
    return session, result


def lines(output: Path) -> Iterator[bytes]:
    """Give the lines of ``output`` but those that are too long; none where there is no file."""
    try:
        file = output.open("rb")
    except OSError:
        return
    with file:
        while line := file.readline(MAX_LINE):
            if len(line) == MAX_LINE and not line.endswith(b"\n"):
                _skip_line(file)
                continue
            yield line


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(_CHUNK)) and not rest.endswith(b"\n"):
        pass


def read_object(line: bytes) -> Object | None:
    """Return the JSON object that a line is, None where it is anything else."""
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        found: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return cast("Object", found) if isinstance(found, dict) else None


def part(found: Object, *path: str) -> Object:
    """Return the object at ``path``, an empty one where there is none."""
    for name in path:
        inner = found.get(name)
        found = cast("Object", inner) if isinstance(inner, dict) else {}
    return found


def parts(found: Object, name: str) -> list[Object]:
    """Return the objects of the list called ``name``, none where it is no list."""
    inner = found.get(name)
    listed = cast("list[object]", inner) if isinstance(inner, list) else []
    return [cast("Object", each) for each in listed if isinstance(each, dict)]


def text(found: Object, name: str) -> str:
    """Return the text called ``name``, an empty one where it is none."""
    value = found.get(name)
    return value if isinstance(value, str) else ""


def texts(found: Object, name: str) -> list[str]:
    """Return the texts of the list called ``name``, none where it is no list."""
    inner = found.get(name)
    listed = cast("list[object]", inner) if isinstance(inner, list) else []
    return [each for each in listed if isinstance(each, str)]


def count(found: Object, name: str) -> int:
    """Return the number called ``name`` as a whole one, 0 where it is none or below 0."""
    return int(amount(found, name) or 0)


def amount(found: Object, name: str) -> float | None:
    """Return the number called ``name``, None where it is none or below 0."""
    value = found.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    # A NaN is neither below nor above anything.
    return value if 0 <= value < float("inf") else None


def identifier(found: Object, name: str) -> str | None:
    """Return the id called ``name``, None where it is nothing to put on a command line."""
    value = text(found, name)
    return value if _IDENTIFIER.fullmatch(value) else None
