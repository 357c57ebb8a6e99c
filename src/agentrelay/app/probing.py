"""What became of the programs of a stored run: looked at as they are now, from disk and locks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentrelay.engine.layout import RunFolders
from agentrelay.engine.programs import folder_of_key
from agentrelay.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from agentrelay.executor.core.executor import Look


def looks(run: RunFolders, snapshot: Snapshot) -> Mapping[str, Look]:
    """Return what is true now of each program that the run has not seen to end, by its key."""
    if not snapshot.programs:
        return {}
    from agentrelay.executor.implementations.look import (  # noqa: PLC0415 - most runs have ended
        look_at,
    )

    return {key: look_at(folder_of_key(run, key)) for key in snapshot.programs}
