"""An agent's calls: files by which it says done, fail, concern, note and output.

Whoever runs in the agent's folder can write there, so that a call counts only with a proof made
from the attempt's token, and whatever else lies there is passed over. Ids rise with each call,
also where the clock is set back. Stdlib only and light, because the supervisor imports it.

    <agent folder>/calls/<ulid>.json    one call, published whole
    <agent folder>/wake                 FIFO, rung after each call where somebody made it
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path
from typing import cast

from agentrelay._shared import atomic, wake

VERSION = 1
MAX_TEXT = 64 * 1024
"""Bytes of a call's text, in UTF-8; a longer one is cut when it is written."""
MAX_FILE = 8 * MAX_TEXT
MAX_CALLS = 4096
"""So many calls of a folder are read, the newest; more is a program gone wild."""

CALLS = "calls"
WAKE = "wake"

_NAME = re.compile(r"([0-7][0-9A-HJKMNP-TV-Z]{25})\.json")
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LAST_TIME = 2**48 - 1


class Verb(Enum):
    """What an agent can say."""

    DONE = "done"
    FAIL = "fail"
    CONCERN = "concern"
    NOTE = "note"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an agent; ``id`` is given when it is written. ``time`` is in Unix seconds.

    ``text`` is the summary, reason, concern or note; ``path`` and ``category`` belong to an output;
    ``empty`` says that a done without any change is meant.
    """

    verb: Verb
    time: float
    text: str = ""
    path: str = ""
    category: str = ""
    empty: bool = False
    id: str = ""


def digest_of(token: str) -> str:
    """Return what is stored of a token: enough to check a call, not enough to make one."""
    return _sha256(_proof_of(token))


def write_call(folder: Path, call: Call, token: str) -> Call:
    """Publish ``call`` in the agent's folder, ring its FIFO, and return the call with its id.

    Whether the token is the right one shows only when it is read. OSError where the folder can't
    be written.
    """
    calls = folder / CALLS
    published = replace(call, text=_cut(call.text), id=_new_id(calls, call.time))
    while not atomic.publish_once(calls / f"{published.id}.json", _encode(published, token)):
        published = replace(published, id=_new_id(calls, call.time))
    wake.ring(folder / WAKE)
    return published


def read_calls(folder: Path, digest: str, *, after: str = "") -> list[Call]:
    """Return the valid calls in the agent's folder with ids above ``after``, in their order.

    What is no call with a proof for ``digest`` is passed over: links, FIFOs, torn or huge files.
    """
    try:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(folder / CALLS, flags)
    except OSError:
        return []
    try:
        names = [name for name in _ids(os.listdir(descriptor)) if name > after]
        found = (_read_call(descriptor, name, digest) for name in names[-MAX_CALLS:])
        return [call for call in found if call is not None]
    finally:
        os.close(descriptor)


def last_id(folder: Path) -> str:
    """Return the highest id in the agent's folder, valid or not; empty where there is none."""
    try:
        ids = _ids(os.listdir(folder / CALLS))
    except OSError:
        return ""
    return ids[-1] if ids else ""


def last_word(calls: Iterable[Call]) -> Call | None:
    """Return the last done or fail of ``calls``, which is what counts; None where there is none."""
    words = [call for call in calls if call.verb in (Verb.DONE, Verb.FAIL)]
    return words[-1] if words else None


def _encode(call: Call, token: str) -> str:
    content = asdict(call) | {"verb": call.verb.value, "proof": _proof_of(token)}
    return json.dumps({"version": VERSION, **content})


def _proof_of(token: str) -> str:
    return _sha256(f"agentrelay call:{token}")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _cut(text: str) -> str:
    data = text.encode("utf-8", "replace")
    if len(data) <= MAX_TEXT:
        return data.decode()
    mark = "\n[cut]"
    return data[: MAX_TEXT - len(mark)].decode("utf-8", "ignore") + mark


def _ids(names: Iterable[str]) -> list[str]:
    matches = (_NAME.fullmatch(name) for name in names)
    return sorted(match[1] for match in matches if match)


def _new_id(calls: Path, now: float) -> str:
    from agentrelay._shared.ids import (  # noqa: PLC0415 - heavy, and readers need it not
        new_ulid,
    )

    last = last_id(calls.parent)
    if last and (taken := _time_of(last)) >= int(now * 1000) and taken < _LAST_TIME:
        # Half a millisecond more, so that rounding does not bring the taken one back.
        return new_ulid((taken + 1.5) / 1000)
    return new_ulid(now)


def _time_of(ulid: str) -> int:
    number = 0
    for character in ulid[:10]:
        number = number * 32 + _CROCKFORD.index(character)
    return number


def _read_call(folder: int, identifier: str, digest: str) -> Call | None:
    try:
        data = _read_regular(f"{identifier}.json", folder)
        content = json.loads(data)
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    return _decode(cast("dict[str, object]", content), identifier, digest)


def _read_regular(name: str, folder: int) -> bytes:
    # Without O_NONBLOCK a FIFO of that name would stop us for good.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(name, flags, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE:
            return b""
        return file.read(MAX_FILE)


def _decode(content: dict[str, object], identifier: str, digest: str) -> Call | None:
    proof, verb, time = content.get("proof"), content.get("verb"), content.get("time")
    if not isinstance(proof, str) or _sha256(proof) != digest or content.get("version") != VERSION:
        return None
    texts = [content.get(name, "") for name in ("text", "path", "category")]
    if not all(_is_text(text) for text in texts) or not _is_time(time):
        return None
    try:
        known = Verb(verb)
    except ValueError:
        return None
    text, path, category = cast("list[str]", texts)
    empty = content.get("empty") is True
    return Call(known, cast("float", time), text, path, category, empty, identifier)


def _is_text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        # A path may hold undecodable bytes; any other lone surrogate is nobody's.
        return len(value.encode("utf-8", "surrogateescape")) <= MAX_TEXT
    except UnicodeEncodeError:
        return False


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value < _LAST_TIME / 1000
