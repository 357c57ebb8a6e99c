"""Writes a file where a person asked for it, and never over one that is there unasked."""

from __future__ import annotations

from pathlib import Path

from agentrelay._shared.atomic import publish, publish_once
from agentrelay.errors import UsageError


def write_new(path: Path, text: str, *, force: bool) -> None:
    """Write ``text`` to the file at ``path``, whole or not at all.

    UsageError where there is a file, unless ``force`` is given, and where there can't be one.
    """
    require_free(path, force=force)
    try:
        if force:
            publish(path, text)
        elif not publish_once(path, text):
            raise _taken(path)
    except NotADirectoryError as error:
        raise UsageError(f"can't write {path}: {error.strerror}") from error


def require_free(path: Path, *, force: bool) -> None:
    """Raise UsageError where ``write_new`` would, as far as that can be told beforehand."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="name a file")
    if path.exists() and not force:
        raise _taken(path)


def _taken(path: Path) -> UsageError:
    return UsageError(f"{path} is there already", hint="--force replaces it")
