"""Processes of launches whose supervisor is gone: found by their marker, ended only with proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from agentrelay._shared.identity import Liveness
from agentrelay._shared.liveness import liveness
from agentrelay.errors import FormatError
from agentrelay.executor.core import records
from agentrelay.executor.supervisor.platforms import markers


def marked_processes() -> Mapping[str, Sequence[int]]:
    """Return the live processes of this user's launches by their marker, wherever they run."""
    return markers()


def is_orphaned(folder: Path) -> bool:
    """Tell whether the supervisor of ``folder`` is dead for sure, so that nobody ends its tree."""
    try:
        started = records.load_started(folder)
    except (FormatError, OSError):
        return False
    return started is not None and liveness(started.supervisor) is Liveness.DEAD
