"""The journal's file: append with one fdatasync for each step, read back, cut a torn tail."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from agentrelay.errors import DamagedError, disk_error
from agentrelay.journal.event import Event, decode, encode, events_of


class JournalWriter:
    """Appends events to one journal. Only the holder of the graph's lock has one."""

    def __init__(self, path: Path) -> None:
        """Open the journal at ``path``, made if absent. Cut a torn tail before."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def append(self, events: Sequence[Event]) -> None:
        """Make all ``events`` durable, with one write and one flush of the disk.

        DiskError where that can't be done; then none of them is in the journal.
        """
        lines = "".join(f"{encode(event)}\n" for event in events)
        # Bytes of a file's name that are no UTF-8 become what JSON writes for them, \udcXX.
        data = memoryview(lines.encode("utf-8", "backslashreplace"))
        before = os.fstat(self._descriptor).st_size
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            _flush(self._descriptor)
        except OSError as error:
            # A part of a step would be a step that nobody decided.
            with suppress(OSError):
                os.ftruncate(self._descriptor, before)
            failure = disk_error(error, f"the journal {self._path}")
            if failure is None:
                raise
            raise failure from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class JournalReader:
    """Reads a journal that may grow, each event once."""

    def __init__(self, path: Path) -> None:
        """Begin before the first event of the journal at ``path``, which may come later."""
        self._path = path
        self._read = 0
        self._seq = 0

    def fresh(self) -> list[Event]:
        """Return the events that were not read yet, in order.

        A last line without its end is being written or was torn by a crash: it is left for later.
        DamagedError where a whole line is no event, or events are missing between two.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                content = file.read()
        except FileNotFoundError:
            return []
        content = content[: content.rfind(b"\n") + 1]
        try:
            events = _decoded(content)
        except ValueError as error:
            raise _damaged(self._path, str(error)) from error
        _require_sequence(events, self._seq, self._path)
        self._read += len(content)
        self._seq += len(events)
        return events


def read_events(path: Path) -> Iterator[Event]:
    """Give all whole events of a journal in order, as a ``JournalReader`` does."""
    yield from JournalReader(path).fresh()


def torn_tail(path: Path) -> int:
    """Return the bytes after the last whole line: none, where nobody writes and nothing tore."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return 0
    return len(content) - content.rfind(b"\n") - 1


def cut_torn_tail(path: Path) -> int:
    """Cut an unfinished last line off the journal; return how many bytes that took."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return 0
    whole = content.rfind(b"\n") + 1
    torn = len(content) - whole
    if torn:
        with path.open("r+b") as file:
            file.truncate(whole)
            os.fsync(file.fileno())
    return torn


def _decoded(content: bytes) -> list[Event]:
    """Decode whole lines: all at once, which takes half the time, or each where one is wrong."""
    try:
        records = json.loads(b"[" + content[:-1].replace(b"\n", b",") + b"]")
    except ValueError:
        return [decode(line) for line in content.split(b"\n") if line]
    return events_of(records)


def _require_sequence(events: Sequence[Event], last: int, path: Path) -> None:
    for expected, event in enumerate(events, last + 1):
        if event.seq != expected:
            raise _damaged(path, f"it jumps from event {expected - 1} to {event.seq}")


def _damaged(path: Path, why: str) -> DamagedError:
    hint = "agentrelay doctor; what was done is in git, and run --fresh starts over"
    return DamagedError(f"the journal {path} is damaged: {why}", hint=hint)


def _flush(descriptor: int) -> None:
    # macOS has no fdatasync in every build; fsync is the stronger of the two.
    getattr(os, "fdatasync", os.fsync)(descriptor)
