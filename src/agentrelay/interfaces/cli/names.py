"""Selectors: what ``TASK``, ``LANE`` and ``GRAPH`` arguments name, over all graphs here.

``id``, ``graph/id``, ``task:id``, ``lane:graph/id`` and ``graph:name`` are understood. A name that
could be several things means the one whose run is not finished; where that leaves several, it is
refused with the list of them, and an unknown one with what is like it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from agentrelay._shared.text import Spelling, quoted
from agentrelay.app.lost import lost_graphs
from agentrelay.app.place import Place
from agentrelay.app.stored import stored_graph, stored_snapshot
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import RunFacts, graphs_of, latest_run, load_facts
from agentrelay.errors import AgentRelayError, UnknownNameError, UsageError
from agentrelay.graph.model import TaskGraph


class Kind(Enum):
    """What a name can stand for."""

    TASK = "task"
    LANE = "lane"
    GRAPH = "graph"


TASK_OR_LANE = frozenset({Kind.TASK, Kind.LANE})
ANYTHING = frozenset(Kind)


@dataclass(frozen=True)
class Selected:
    """What a name stands for, in the latest run ``number`` of its graph."""

    kind: Kind
    id: str
    folders: GraphFolders
    number: int

    @property
    def lane(self) -> str | None:
        """Return the lane's id, or None where something else was named."""
        return self.id if self.kind is Kind.LANE else None

    @property
    def task(self) -> str | None:
        """Return the task's id, or None where something else was named."""
        return self.id if self.kind is Kind.TASK else None

    @property
    def full(self) -> str:
        """Return the name that fits nothing else here: ``task:shop/cart``."""
        if self.kind is Kind.GRAPH:
            return f"graph:{self.id}"
        return f"{self.kind.value}:{self.folders.graph}/{self.id}"


def select(place: Place, text: str, kinds: Collection[Kind]) -> Selected:
    """Return the one thing of ``kinds`` that ``text`` names.

    UnknownNameError where there is none, UsageError where it could be several.
    """
    kind, graph, name = _parts(text)
    allowed = kinds if kind is None else [wanted for wanted in kinds if wanted is kind]
    if not allowed:
        wanted = " or a ".join(sorted(other.value for other in kinds))
        raise UsageError(f"{quoted(text)} names a {_word(kind)}; this command takes a {wanted}")
    known = list(_known(place, graph, allowed))
    matches = [selected for selected in known if selected.id == name]
    if not matches:
        lost = [one for one in lost_graphs(place) if one == (graph or name)]
        raise _unknown(text, name, known, allowed, _rebuilt(lost))
    if len(matches) > 1:
        matches = _unfinished(matches) or matches
    if len(matches) > 1:
        names = ", ".join(match.full for match in matches)
        raise UsageError(f"{quoted(text)} could be {names}", hint="use one of these names")
    return matches[0]


def select_any(place: Place, name: str | None) -> Selected:
    """Return the task, lane or graph of that name; without one, what ``select_graph`` returns."""
    return select_graph(place, None) if name is None else select(place, name, ANYTHING)


def select_graph(place: Place, name: str | None) -> Selected:
    """Return the graph of that name; without one, the graph here whose run was started last.

    UnknownNameError where there is no such graph, or no graph has a run.
    """
    if name is not None:
        return select(place, name, {Kind.GRAPH})
    newest = next(newest_first(place), None)
    if newest is None:
        hint = _rebuilt(lost_graphs(place)) or "agentrelay run GRAPH starts one"
        raise UnknownNameError("no graph has a run here", hint=hint)
    return newest


def newest_first(place: Place) -> Iterator[Selected]:
    """Give the graphs that have a run here, the one whose run was started last first."""
    pairs = sorted(_latest(place), key=lambda pair: pair[1].started, reverse=True)
    return (selected for selected, _ in pairs)


def all_graphs(place: Place) -> list[Selected]:
    """Return the graphs that have a run here, by name."""
    return [selected for selected, _ in _latest(place)]


def _latest(place: Place) -> Iterator[tuple[Selected, RunFacts]]:
    for folders in graphs_of(place.repo.top, place.repo.common_dir):
        number = latest_run(folders)
        facts = None if number is None else load_facts(folders.run(number))
        if number is not None and facts is not None:
            yield Selected(Kind.GRAPH, folders.graph, folders, number), facts


def _parts(text: str) -> tuple[Kind | None, str | None, str]:
    prefix, colon, rest = text.rpartition(":")
    kinds = {kind.value: kind for kind in Kind}
    if colon and prefix not in kinds:
        raise UsageError(
            f"{quoted(text)} is no name", hint="names are written ID, GRAPH/ID, task:ID or lane:ID"
        )
    graph, slash, name = rest.rpartition("/")
    return kinds.get(prefix), graph if slash else None, name


def _word(kind: Kind | None) -> str:
    return kind.value if kind is not None else "thing"


def _known(place: Place, graph: str | None, kinds: Collection[Kind]) -> Iterator[Selected]:
    for selected, facts in _latest(place):
        if graph is None and Kind.GRAPH in kinds:
            yield selected
        if graph in (None, selected.id) and set(kinds) != {Kind.GRAPH}:
            run = selected.folders.run(selected.number)
            yield from _members(selected, stored_graph(run, facts), kinds)


def _members(of: Selected, graph: TaskGraph, kinds: Collection[Kind]) -> Iterator[Selected]:
    members: Iterable[tuple[Kind, str]] = (
        *((Kind.LANE, lane.id) for lane in graph.lanes),
        *((Kind.TASK, task.id) for task in graph.tasks),
    )
    for kind, name in members:
        if kind in kinds:
            yield Selected(kind, name, of.folders, of.number)


def _unfinished(matches: list[Selected]) -> list[Selected]:
    """Return what is in runs that are not finished: what is done elsewhere is rarely meant."""
    return [match for match in matches if not _has_finished(match)]


def _has_finished(match: Selected) -> bool:
    try:
        return stored_snapshot(match.folders, match.number)[0].finished is not None
    except (AgentRelayError, ValueError, KeyError):
        return False  # It can't be read, so nobody knows.


def _rebuilt(lost: list[str]) -> str:
    """Return the hint for graphs whose files were deleted, empty where there are none."""
    commands = ", ".join(f"agentrelay resume {name}" for name in lost)
    return f"files of runs were deleted; refs rebuild them: {commands}" if lost else ""


def _unknown(
    text: str, name: str, known: list[Selected], kinds: Collection[Kind], hint: str
) -> UnknownNameError:
    wanted = " or ".join(sorted(kind.value for kind in kinds))
    hint = hint or Spelling({selected.id for selected in known}).hint(name)
    if not hint and text.isdecimal():
        hint = f"change request {text} is written '#{text}'; agentrelay pr list shows them"
    if not hint:
        hint = "agentrelay status shows what there is"
    return UnknownNameError(f"there is no {wanted} {quoted(text)} here", hint=hint)
