"""The message by which an executor has a supervisor started, with its descriptors (unix(7)).

One stream socket; each message is its length, with the descriptors attached, and JSON. Stdlib only
and light, because the nursery imports it.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

MAX_DESCRIPTORS = 16
_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Errand:
    """Whom to supervise: the launch in ``folder``, whose program gets its variables of ``environ``.

    ``report`` gets one byte, the exit code of the start; ``output`` is the output log; ``lock`` and
    ``allowances`` are what the supervisor holds.
    """

    folder: str
    environ: Mapping[str, str] = field(repr=False)
    report: int
    output: int
    lock: int
    allowances: tuple[int, ...]

    @property
    def descriptors(self) -> list[int]:
        """Return all descriptors, in the order in which they travel."""
        return [self.report, self.output, self.lock, *self.allowances]


def send(channel: socket.socket, errand: Errand) -> None:
    """Send an errand; the descriptors stay open here. OSError where nobody reads any more."""
    content = json.dumps({"folder": errand.folder, "environ": dict(errand.environ)}).encode()
    socket.send_fds(channel, [len(content).to_bytes(_LENGTH)], errand.descriptors)
    channel.sendall(content)


def receive(channel: socket.socket) -> Errand | None:
    """Return the next errand, or None where there will be none."""
    head, descriptors, _, _ = socket.recv_fds(channel, _LENGTH, MAX_DESCRIPTORS)
    head += _exactly(channel, _LENGTH - len(head)) if head else b""
    content = _exactly(channel, int.from_bytes(head)) if len(head) == _LENGTH else b""
    if not content:
        for descriptor in descriptors:
            os.close(descriptor)
        return None
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - the stdlib's own signature
    said = cast("dict[str, object]", json.loads(content))
    report, output, lock, *allowances = descriptors
    environ = cast("dict[str, str]", said["environ"])
    return Errand(str(said["folder"]), environ, report, output, lock, tuple(allowances))


def _exactly(channel: socket.socket, size: int) -> bytes:
    """Return ``size`` bytes, or none where the sender ended before."""
    parts: list[bytes] = []
    while size:
        part = channel.recv(min(size, 1 << 16))
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
