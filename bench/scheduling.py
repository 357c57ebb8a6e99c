"""Scheduling alone: the engine decides and its journal is encoded; effects do nothing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from statistics import median

from agentrelay._shared.clock import rfc3339
from agentrelay.config.load import parse_graph
from agentrelay.engine.decide import steps
from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.fold import apply
from agentrelay.engine.snapshot import new_snapshot
from agentrelay.graph.model import TaskGraph
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event, encode
from table import Row

LIMIT = 2.0
SMALL, LARGE = 1_000, 5_000
GROWTH = 1.4
"""So much more than five times as long may five times as many tasks take: caches get colder."""

BEGIN = 1_800_000_000.0
OID = "0123456789abcdef0123456789abcdef01234567"

RESULTS = {
    K.LANE_PREPARE: {"base": OID, "head": OID, "worktree": "/repository/.worktrees/g/lane"},
    K.LANE_OPEN: {"number": 1, "url": "local#1", "head": OID},
    K.LANE_CANDIDATE: {
        "head": OID,
        "target_tip": OID,
        "merge_base": OID,
        "commit": OID,
        "tree": OID,
    },
    K.LANE_LAND: {"commit": OID, "note": ""},
    K.ATTEMPT_START: {"start": OID, "requires": []},
    K.TURN_COLLECT: {
        "result": "done",
        "reason": "",
        "commit": OID,
        "lane_tip": OID,
        "candidate": OID,
        "tree": OID,
        "empty": False,
        "summary": "did it",
        "concerns": [],
        "notes": [],
    },
    K.TASK_OPEN: {"number": 2, "url": "local#2"},
    K.TASK_MERGE: {"commit": OID},
}


def chain(count: int) -> str:
    """Return a graph of one lane in which each task waits for the one before."""
    tasks = (
        f"  - {{id: t{i}, workstream_id: lane, description: do,"
        f" dependencies: [{f't{i - 1}' if i else ''}]}}"
        for i in range(count)
    )
    return graph(["lane"], tasks)


def independent(count: int) -> str:
    """Return a graph of one lane whose tasks all can start at once."""
    tasks = (f"  - {{id: t{i}, workstream_id: lane, description: do}}" for i in range(count))
    return graph(["lane"], tasks)


def lanes(count: int, size: int = 10) -> str:
    """Return a graph of lanes of ``size`` chained tasks."""
    tasks = (
        f"  - {{id: t{i}, workstream_id: l{i // size}, description: do,"
        f" dependencies: [{f't{i - 1}' if i % size else ''}]}}"
        for i in range(count)
    )
    return graph([f"l{i}" for i in range(count // size)], tasks)


def graph(names: Iterable[str], tasks: Iterable[str]) -> str:
    """Return the text of a graph."""
    head = ["schema_version: 1", "name: g", "agents:", "  w: {adapter: command, run: 'true'}"]
    head += ["defaults: {agent: w}", "workstreams:"]
    head += [f"  - {{id: {name}, auto_merge: true}}" for name in names]
    return "\n".join([*head, "tasks:", *tasks]) + "\n"


def rows(rounds: int) -> list[Row]:
    """Measure three shapes of graph, each with 1,000 and with 5,000 tasks."""
    shapes = {
        f"a chain of {LARGE:,} tasks": chain,
        f"{LARGE:,} independent tasks": independent,
        f"{LARGE // 10} lanes of 10": lanes,
    }
    return [_row(name, shape, rounds) for name, shape in shapes.items()]


def journal(graph: TaskGraph) -> list[Event]:
    """Return the events of a run of ``graph`` whose effects do nothing."""
    return [event for step in _steps(graph) for event in step]


def _row(name: str, shape: Callable[[int], str], rounds: int) -> Row:
    graphs = [parse_graph(shape(count), "bench").graph for count in (SMALL, LARGE)]
    small, large = ([_seconds(graph) for _ in range(rounds)] for graph in graphs)
    seconds, growth = median(large), median(large) / median(small) / (LARGE / SMALL)
    return Row(
        f"scheduling {name}, journal encoded",
        f"< {LIMIT:g} s CPU",
        f"{seconds:.2f} s",
        seconds < LIMIT and growth < GROWTH,
        f"{SMALL:,}: {median(small):.2f} s, so a task costs {growth:.2f} x as much at {LARGE:,}",
    )


def _seconds(graph: TaskGraph) -> float:
    begin = time.process_time()
    for step in _steps(graph):
        "".join(f"{encode(event)}\n" for event in step).encode()
    return time.process_time() - begin


def _steps(graph: TaskGraph) -> Iterator[list[Event]]:
    """Carry out ``graph``; give the events of each step, as the orchestrator journals them."""
    s = new_snapshot(graph, 1)
    inputs = deque([Draft(ev.RUN_STARTED, data={"mode": "full"})])
    recorded: list[Event] = []
    now = ""

    def record(draft: Draft) -> Event:
        event = Event(s.seq + 1, now, *draft)
        apply(s, event)
        recorded.append(event)
        return event

    while inputs:
        now = rfc3339(BEGIN + s.seq / 1000)
        recorded = []
        steps(s, record(inputs.popleft()), record)
        yield recorded
        s.changes.clear()
        for event in recorded:
            if event.type == ev.EFFECT_INTENT:
                inputs.extend(results(event))
    if s.finished != 0:
        message = f"the simulation ended with {s.finished}"
        raise RuntimeError(message)


def results(intent: Event) -> list[Draft]:
    """Return what follows from an effect that does nothing: its result, and a turn's end."""
    kind, key = K(intent.data["kind"]), intent.data["key"]
    about = (intent.workstream, intent.task, intent.attempt, intent.turn)
    found = [
        Draft(ev.EFFECT_DONE, *about, {"key": key, "kind": kind.value, **RESULTS.get(kind, {})})
    ]
    if kind is K.TURN_START:
        ended = {"key": key, "ending": "exited", "exit_code": 0, "signal": None, "seconds": 0.1}
        found.append(Draft(ev.TURN_ENDED, *about, ended))
    return found
