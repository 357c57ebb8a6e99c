"""A program's process tree: who is in it, what it uses, and how one of it is signalled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Member:
    """A live process of a tree; with ``start`` it is never mistaken for one that reused its pid."""

    pid: int
    start: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tree has used so far: seconds of CPU, and bytes written to files where known."""

    cpu: float
    written: int


class ProcessTree(Protocol):
    """Sees the processes below a root, and those that carry the tree's marker."""

    def members(self) -> list[Member]:
        """Return the live processes of the tree; neither the root nor the caller is one."""
        ...

    def usage(self) -> Usage:
        """Return what the tree has used since it began, ended processes included where known."""
        ...

    def send(self, member: Member, signal: int) -> None:
        """Signal ``member``; nothing happens where it has ended or may not be signalled."""
        ...
