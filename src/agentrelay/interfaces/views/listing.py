"""A graph with its latest run in a few numbers, for lists."""

from __future__ import annotations

from dataclasses import dataclass

from agentrelay.interfaces.views.run_view import view_of
from agentrelay.interfaces.views.stored_run import StoredRun


@dataclass(frozen=True)
class Listed:
    """A graph and its latest run; ``state`` as in ``RunView``, the rest counts.

    ``about`` is what its task is to do, where it has one task only.
    """

    graph: str
    run: int
    state: str
    started: str
    tasks: int
    merged: int
    lanes: int
    landed: int
    needs_you: int
    about: str


def listed(stored: StoredRun) -> Listed:
    """Return the run in a few numbers."""
    view = view_of(stored)
    only = stored.snapshot.graph.tasks
    tasks = [task for lane in view.lanes for task in lane.tasks]
    return Listed(
        graph=view.graph,
        run=view.run,
        state=view.state,
        started=view.started,
        tasks=len(tasks),
        merged=sum(task.status == "merged" for task in tasks),
        lanes=len(view.lanes),
        landed=sum(lane.status == "merged" for lane in view.lanes),
        needs_you=len(view.needs_you),
        about=only[0].description.strip().split("\n")[0] if len(only) == 1 else "",
    )
