"""What became of the programs of a stored run: looked at as they are now, from disk and locks."""

from __future__ import annotations

from collections.abc import Mapping

from agentrelay.engine.layout import RunFolders
from agentrelay.engine.programs import folder_of_key
from agentrelay.engine.snapshot import Snapshot
from agentrelay.executor.core.executor import Look
from agentrelay.executor.implementations.look import look_at


def looks(run: RunFolders, snapshot: Snapshot) -> Mapping[str, Look]:
    """Return what is true now of each program that the run has not seen to end, by its key."""
    return {key: look_at(folder_of_key(run, key)) for key in snapshot.programs}
