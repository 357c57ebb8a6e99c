"""The folder of a user's live things on this machine: allowances and claims, gone after a boot."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from agentrelay.errors import PreconditionError


def default_runtime_dir(environ: Mapping[str, str]) -> Path:
    """Return the user's own runtime folder, made with mode 0700 where it is missing.

    ``XDG_RUNTIME_DIR/agentrelay``, else one for each user below the temporary folder.
    PreconditionError where somebody else owns what is there.
    """
    base = environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(base) and _is_own(Path(base)):
        folder = Path(base) / "agentrelay"
    else:
        folder = Path(environ.get("TMPDIR") or "/tmp") / f"agentrelay-{os.getuid()}"  # noqa: S108 - checked below
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        hint = "set TMPDIR to a folder that you can write"
        raise PreconditionError(f"{folder} can't be made: {error.strerror}", hint=hint) from error
    if not _is_own(folder):
        hint = "remove it, or set XDG_RUNTIME_DIR to a folder of yours"
        raise PreconditionError(f"{folder} is not a folder of this user alone", hint=hint)
    return folder


def _is_own(folder: Path) -> bool:
    try:
        status = os.lstat(folder)
    except OSError:
        return False
    is_private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o022
    return is_private and status.st_uid == os.getuid()
