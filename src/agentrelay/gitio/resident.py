"""Git processes that stay: most of what a small question to git costs is the start of its process.

One reads commits, one writes them, one moves our own refs. They only save time: whatever they do
not answer (one was killed, git refuses something) is to be asked again of a process of its own,
which tells the reason. Safe from several threads.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from agentrelay._shared import process

T = TypeVar("T")

_EVERYWHERE = re.compile(r"(refs/(?!bisect/|worktree/|rewritten/)\S+|[0-9a-f]{40}|[0-9a-f]{64})")
"""A name that means the same in all worktrees of a repository, and to all of git's commands."""
_OURS = ("refs/agentrelay/", "refs/heads/agentrelay/")
_AT_ONCE = 100
"""So few names that neither side ever waits for the other to empty a pipe."""
_MOVED = b"start: ok\nprepare: ok\ncommit: ok\n"


class ResidentGit:
    """The residents of one repository, each started when it is first needed."""

    def __init__(self, cwd: Path, environ: Mapping[str, str]) -> None:
        """Have them run in ``cwd`` with exactly ``environ``."""
        self._draft = _nameless_file()
        keep = () if self._draft is None else (self._draft,)
        write = ("hash-object", "-t", "commit", "-w", "--no-filters", "--stdin-paths")
        move = ("update-ref", "-m", "agentrelay", "--stdin", "-z")
        self._reader = _Resident(("cat-file", "--batch"), cwd, environ)
        self._writer = _Resident(write, cwd, environ, keep=keep)
        self._mover = _Resident(move, cwd, environ)

    def read(self, names: Sequence[str]) -> bytes | None:
        """Return what ``git cat-file --batch`` prints for names, or None where it did not answer.

        Only for full object ids and full names of refs, also with a suffix such as ``^{tree}``.
        """
        if len(names) > _AT_ONCE or not all(map(_means_one_thing, names)):
            return None

        def ask(git: process.Dialogue) -> bytes:
            git.send("".join(f"{name}\n" for name in names).encode())
            return b"".join(_object(git) for _ in names)

        return self._reader.asked(ask)

    def write_commit(self, content: bytes) -> str | None:
        """Write a commit and return its id, or None where that was not done."""
        draft = self._draft
        if draft is None:
            return None

        def ask(git: process.Dialogue) -> str:
            os.ftruncate(draft, 0)
            if os.pwrite(draft, content, 0) < len(content):
                raise OSError(errno.ENOSPC, "a commit's draft does not fit on the disk")
            # Where opening /dev/fd/N gives the very same open file, it is read from here on.
            os.lseek(draft, 0, os.SEEK_SET)
            git.send(f"/dev/fd/{draft}\n".encode())
            return git.line().decode().rstrip("\n")

        return self._writer.asked(ask)

    def move(self, refs: Iterable[str], commands: bytes) -> bool:
        """Carry out ``commands``, of git-update-ref(1) with ``-z``, as one transaction.

        Return whether they were; only where all ``refs`` that they are about are our own, as other
        refs' logs shall say why they were moved.
        """
        if not all(ref.startswith(_OURS) for ref in refs):
            return False

        def ask(git: process.Dialogue) -> bool:
            git.send(b"start\0" + commands + b"prepare\0commit\0")
            return b"".join(git.line() for _ in range(3)) == _MOVED

        return bool(self._mover.asked(ask))

    def close(self) -> None:
        """End the residents; from then on they answer nothing."""
        for resident in (self._reader, self._writer, self._mover):
            resident.close()
        if self._draft is not None:
            os.close(self._draft)
            self._draft = None


class _Resident:
    """One process that is replaced when it has ended."""

    def __init__(
        self,
        args: Sequence[str],
        cwd: Path,
        environ: Mapping[str, str],
        *,
        keep: Sequence[int] = (),
    ) -> None:
        self._argv = ("git", *args)
        self._cwd = cwd
        self._environ = environ
        self._keep = keep
        self._guard = threading.Lock()
        self._dialogue: process.Dialogue | None = None
        self._closed = False

    def asked(self, ask: Callable[[process.Dialogue], T]) -> T | None:
        """Return what ``ask`` returns; None where the process ended over it or can't be started."""
        with self._guard:
            if self._closed:
                return None
            try:
                self._dialogue = self._dialogue or process.Dialogue(
                    self._argv, cwd=self._cwd, env=self._environ, keep=self._keep
                )
                return ask(self._dialogue)
            except (OSError, EOFError):
                self._end()
                return None

    def close(self) -> None:
        """End the process, if there is one, for good."""
        with self._guard:
            self._closed = True
            self._end()

    def _end(self) -> None:
        if self._dialogue is not None:
            with suppress(OSError):
                self._dialogue.close()
            self._dialogue = None


def _nameless_file() -> int | None:
    """Return an open file of which nothing is left, None where there is no place for one."""
    with suppress(OSError), tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
    return None


def _means_one_thing(name: str) -> bool:
    return _EVERYWHERE.fullmatch(name.partition("^{")[0]) is not None


def _object(git: process.Dialogue) -> bytes:
    """Return one answer of ``git cat-file --batch``: a line, then the object if there is one."""
    head = git.line()
    size = head.rpartition(b" ")[2]
    return head + git.exactly(int(size) + 1) if size.rstrip(b"\n").isdigit() else head
