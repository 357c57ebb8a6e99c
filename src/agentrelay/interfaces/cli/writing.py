"""Writes a file where a person asked for it, and never over one that is there unasked."""

from __future__ import annotations

from pathlib import Path

from agentrelay._shared.atomic import publish, publish_once
from agentrelay.errors import UsageError


def write_new(path: Path, text: str, *, force: bool) -> None:
    """Write ``text`` to the file at ``path``, whole or not at all.

    UsageError where there is a file, unless ``force`` is given, and where there can't be one.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="name a file")
    try:
        if force:
            publish(path, text)
        elif not publish_once(path, text):
            raise UsageError(f"{path} is there already", hint="--force replaces it")
    except NotADirectoryError as error:
        raise UsageError(f"can't write {path}: {error.strerror}") from error
