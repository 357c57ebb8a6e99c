"""Runs of which only refs know: their files were deleted, and `resume` rebuilds them."""

from __future__ import annotations

from agentrelay.app.place import Place
from agentrelay.engine.run_refs import kept_runs
from agentrelay.engine.runs import latest_run


def lost_graphs(place: Place) -> list[str]:
    """Return the graphs of which only refs tell that they were run; one git process."""
    names = dict.fromkeys(run.graph for run in kept_runs(place.repo.git))
    return [name for name in names if latest_run(place.folders(name)) is None]
