"""Which tasks a run is confined to, where only some were asked for."""

from __future__ import annotations

from collections.abc import Iterable

from agentrelay._shared.text import Spelling, quoted
from agentrelay.app.beginning import Earlier, found_done
from agentrelay.app.place import Place
from agentrelay.errors import RequestRefusedError, UnknownNameError
from agentrelay.graph.model import TaskGraph
from agentrelay.graph.naming import name_of_task
from agentrelay.task.core.task import TaskStatus


def chosen_tasks(
    place: Place, graph: TaskGraph, before: Earlier | None, names: Iterable[str], *, widen: bool
) -> frozenset[str] | None:
    """Return the tasks that a run is confined to, None where none were named.

    ``widen`` adds what they depend on and is not done; without it RequestRefusedError names that.
    UnknownNameError for what is no task, RequestRefusedError for one that failed.
    """
    chosen = frozenset(names)
    if not chosen:
        return None
    _require_known(graph, chosen)
    done = _done(place, graph, before)
    _require_startable(before, graph, chosen)
    missing = _below(graph, chosen, done) - chosen
    if missing and not widen:
        order = [task.id for task in graph.tasks if task.id in missing]
        message = f"{', '.join(sorted(chosen))} needs what is not done: {', '.join(order)}"
        hint = "--with-dependencies runs that too"
        raise RequestRefusedError(message, hint=hint)
    return chosen | missing


def _require_known(graph: TaskGraph, chosen: frozenset[str]) -> None:
    for name in sorted(chosen - graph.task_by_id.keys()):
        message = f"there is no task {quoted(name)} in graph {graph.name}"
        raise UnknownNameError(message, hint=Spelling(graph.task_by_id).hint(name))


def _done(place: Place, graph: TaskGraph, before: Earlier | None) -> frozenset[str]:
    if before is None:
        return frozenset()
    if before.has_files and before.digest == graph.digest:
        tasks = before.snapshot.tasks.values()
        return frozenset(task.id for task in tasks if task.status is TaskStatus.MERGED)
    folders = place.folders(graph.name)
    return frozenset(found_done(place, folders, graph, before.number + 1).tasks)


def _require_startable(before: Earlier | None, graph: TaskGraph, chosen: frozenset[str]) -> None:
    """Refuse what ended without being done in a run that goes on: it needs a retry first."""
    if before is None or not before.has_files or before.digest != graph.digest:
        return
    for name in sorted(chosen):
        task = before.snapshot.tasks[name]
        if task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED):
            message = f"task {name} is {task.status.value}: it needs another attempt first"
            raise RequestRefusedError(message, hint=f"agentrelay retry {name_of_task(graph, name)}")


def _below(graph: TaskGraph, chosen: Iterable[str], done: frozenset[str]) -> frozenset[str]:
    """Return the tasks, however far below, that ``chosen`` depend on and that are not done."""
    found: set[str] = set()
    frontier = [name for name in chosen if name not in done]
    while frontier:
        for name in graph.task_by_id[frontier.pop()].dependencies:
            if name not in found and name not in done:
                found.add(name)
                frontier.append(name)
    return frozenset(found)
