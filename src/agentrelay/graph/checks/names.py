"""Checks ids and names: their grammar, and that no two of a kind are the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from agentrelay._shared.ids import id_problem
from agentrelay._shared.text import quoted
from agentrelay.gates.gate import GateSpec
from agentrelay.graph import codes
from agentrelay.graph.draft import Draft
from agentrelay.graph.problem import Path, Problem

GATE_NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}"
GATE_NAME_RULE = "a gate's name has 1 to 100 letters, digits, spaces, '.', '_' and '-'"

_GATE_NAME = re.compile(GATE_NAME_PATTERN)


def check_names(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with the names in ``draft``."""
    graph = draft.graph
    yield from _grammar(draft, "graph", graph.name, ("name",))
    for name in graph.agents:
        yield from _grammar(draft, "agent", name, ("agents", name))
    for index, role in enumerate(graph.roles):
        yield from _grammar(draft, "role", role, ("roles", index))
    for index, lane in draft.lanes():
        yield from _grammar(draft, "workstream", lane.id, ("workstreams", index, "id"))
        yield from _gates(draft, lane.gates, ("workstreams", index))
    for index, task in draft.tasks():
        yield from _grammar(draft, "task", task.id, ("tasks", index, "id"))
        yield from _gates(draft, task.gates, ("tasks", index))
        for place, entry in enumerate(task.inputs_from):
            path = ("tasks", index, "inputs_from", place, "category")
            yield from _grammar(draft, "category", entry.category, path)
    yield from _unique(draft, "workstream", "workstreams", (lane.id for lane in graph.lanes))
    yield from _unique(draft, "task", "tasks", (task.id for task in graph.tasks))


def _grammar(draft: Draft, kind: str, name: str, path: Path) -> Iterator[Problem]:
    rule = id_problem(name)
    if rule is not None:
        yield Problem(
            codes.BAD_ID,
            f"{quoted(name)} can't be the name of a {kind}"
            if name
            else f"a {kind} has an empty name",
            draft.locate(path),
            "not an id",
            rule,
        )


def _unique(draft: Draft, kind: str, key: str, ids: Iterable[str]) -> Iterator[Problem]:
    first: dict[str, tuple[int, str]] = {}
    for index, name in enumerate(ids):
        earlier, original = first.setdefault(name.casefold(), (index, name))
        if earlier == index:
            continue
        position = draft.locate((key, earlier, "id"))
        where = f", line {position.line}" if position else ""
        same = original == name
        yield Problem(
            codes.DUPLICATE_ID,
            f"two {kind}s have the id {quoted(name)}"
            if same
            else f"the {kind} ids {quoted(original)} and {quoted(name)} differ only in case",
            draft.locate((key, index, "id")),
            "used before" if same else "the same where case is not told apart",
            f"the other one is entry {earlier + 1} of `{key}`{where}; rename one of them",
        )


def _gates(draft: Draft, gates: tuple[GateSpec, ...], path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, gate in enumerate(gates):
        place = draft.locate
        if not _GATE_NAME.fullmatch(gate.name):
            yield Problem(
                codes.BAD_ID,
                f"{quoted(gate.name)} can't be the name of a gate",
                place((*path, "gates", index, "name")),
                "not a gate's name",
                GATE_NAME_RULE,
            )
        if gate.name.casefold() in seen:
            yield Problem(
                codes.DUPLICATE_GATE,
                f"two gates of one list have the name {quoted(gate.name)}",
                place((*path, "gates", index, "name")),
                "used before",
                "verdicts are kept by name: give each gate its own",
            )
        seen.add(gate.name.casefold())
