"""Read a file's lines as it grows, until what writes it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

LOOK_EVERY = 0.2
CHUNK = 1 << 16
LONGEST = 1 << 16
"""Bytes after which a line without an end is given in parts."""


def lines_of(
    path: Path, *, until: Callable[[], bool] | None = None, whole_only: bool = False
) -> Iterator[bytes]:
    """Give the lines of a file without their ends; none where there is no file.

    With ``until``, the file is followed: it may come later, and once ``until`` says that nothing
    writes it any more, what is left of it is given. A last line without its end is given too,
    unless ``whole_only``.
    """
    if until is not None:
        while not path.exists() and not until():
            time.sleep(LOOK_EVERY)
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        yield from _lines(file, until, whole_only=whole_only)


def _lines(
    file: BinaryIO, until: Callable[[], bool] | None, *, whole_only: bool
) -> Iterator[bytes]:
    rest = b""
    for chunk in _chunks(file, until):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        if len(rest) > LONGEST and not whole_only:
            yield rest
            rest = b""
    if rest and not whole_only:
        yield rest


def _chunks(file: BinaryIO, until: Callable[[], bool] | None) -> Iterator[bytes]:
    while True:
        # Asked before reading: what was written before the end is not missed.
        is_over = until is None or until()
        while chunk := file.read(CHUNK):
            yield chunk
        if is_over:
            return
        time.sleep(LOOK_EVERY)
