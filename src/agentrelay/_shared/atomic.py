"""Publish a file whole or not at all: the only way to write what another process reads.

Stdlib only and light, because the supervisor imports it.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def publish(path: Path, content: str | bytes, *, mode: int = 0o644) -> None:
    """Put ``content`` at ``path``, replacing what is there; make missing folders.

    A reader sees the old file or the new one, never a part; after a power cut likewise. An empty
    file has no content that could be torn, so it is made without waiting for the disk.
    """
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    if not data:
        _touch(path, mode)
        return
    temporary = _write_temporary(path, data, mode)
    os.replace(temporary, path)
    sync_folder(path.parent)


def publish_once(path: Path, content: str | bytes, *, mode: int = 0o644) -> bool:
    """Put ``content`` at ``path`` unless a file is there; return whether this call did it.

    Of several callers exactly one wins; the file of the winner is never replaced.
    """
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    temporary = _write_temporary(path, data, mode)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    sync_folder(path.parent)
    return True


def sweep(root: Path) -> list[Path]:
    """Remove what processes that have died left half published below ``root``; return it."""
    left = [path for path in root.rglob(".*.tmp") if _is_of_the_dead(path)]
    for path in left:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    return left


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_of_the_dead(temporary: Path) -> bool:
    pid = temporary.name.split(".")[-3]
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (ValueError, OSError):
        return False
    return False


def _touch(path: Path, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        descriptor = os.open(path, flags, mode)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, flags, mode)
    os.close(descriptor)


def _write_temporary(path: Path, data: bytes, mode: int) -> Path:
    temporary = path.parent / f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        descriptor = os.open(temporary, flags, mode)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, flags, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    except BaseException:
        os.unlink(temporary)
        raise
    finally:
        os.close(descriptor)
    return temporary
