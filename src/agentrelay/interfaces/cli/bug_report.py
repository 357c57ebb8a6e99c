"""The report of a bug of ours: a file that can be pasted into an issue as it is."""

from __future__ import annotations

import os
import platform
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from agentrelay import __version__
from agentrelay._shared.atomic import publish
from agentrelay._shared.clock import SystemClock, rfc3339
from agentrelay.errors import InternalError
from agentrelay.interfaces.cli.text import redacted, shown


def reported(error: Exception, argv: Sequence[str]) -> InternalError:
    """Return ``error`` as a bug of ours, with a report file of it named in the hint."""
    message = error.message if isinstance(error, InternalError) else repr(error)
    last = message.strip().splitlines()[-1] if message.strip() else type(error).__name__
    path = _written(_report(error, message, argv), os.environ)
    where = f"please report it with {path}" if path else "please report it"
    return InternalError(f"this is a bug in agentrelay: {last}", hint=where)


def _report(error: Exception, message: str, argv: Sequence[str]) -> str:
    trace = "".join(traceback.format_exception(error))
    return redacted(
        f"agentrelay {__version__}\n"
        f"python {platform.python_version()} on {platform.platform()}\n"
        f"command: agentrelay {shown(' '.join(argv))}\n"
        f"time: {rfc3339(SystemClock().now())}\n\n{message}\n\n{trace}"
    )


def _written(text: str, environ: Mapping[str, str]) -> Path | None:
    """Write the report into the user's state folder, else into the temporary one."""
    name = f"bug-{int(SystemClock().now())}-{os.getpid()}.txt"
    for folder in (_state_folder(environ), Path(tempfile.gettempdir())):
        try:
            if folder is not None:
                publish(folder / name, text, mode=0o600)
                return folder / name
        except OSError:
            continue
    return None


def _state_folder(environ: Mapping[str, str]) -> Path | None:
    configured = environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(configured):
        return Path(configured) / "agentrelay"
    home = environ.get("HOME", "")
    return Path(home) / ".local" / "state" / "agentrelay" if home else None
