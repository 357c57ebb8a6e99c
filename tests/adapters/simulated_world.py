"""The engine without a world: effects that succeed at once, on a virtual clock, in seeded order."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agentrelay._shared.clock import rfc3339
from agentrelay.engine.decide import steps
from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.fold import apply
from agentrelay.engine.snapshot import Snapshot, new_snapshot
from agentrelay.graph.model import TaskGraph
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event, encode

Script = Callable[[Event], Mapping[str, Any] | None]
"""What an effect results in; None for the default, which is success."""


@dataclass
class SimulatedRun:
    """One run of a graph in simulation. ``encoded`` counts the journal's bytes."""

    graph: TaskGraph
    script: Script = lambda _intent: None
    seed: int | None = None
    snapshot: Snapshot = field(init=False)
    events: list[Event] = field(default_factory=list)
    encoded: int = 0
    now: float = 1_800_000_000.0

    def __post_init__(self) -> None:
        self.snapshot = new_snapshot(self.graph, 1)
        self._inputs: deque[Draft] = deque()
        self._random = random.Random(self.seed)

    def start(self) -> None:
        """Begin the run, and carry on until it rests."""
        self.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))
        self.carry_on()

    def request(self, verb: str, **named: Any) -> str:
        """Ask for something and return the engine's answer."""
        identifier = f"r{len(self.events)}"
        data = {"id": identifier, "verb": verb, "by": "ann", "text": named.pop("text", "")}
        data["approval"] = named.pop("approval", {})
        self.send(Draft(ev.REQUEST_RECEIVED, named.get("lane"), named.get("task"), data=data))
        self.carry_on()
        return next(
            e.data["text"]
            for e in self.events
            if e.type == ev.REQUEST_ANSWERED and e.data["id"] == identifier
        )

    def carry_on(self) -> None:
        """Take inputs, in seeded order where there is a seed, until none is left."""
        while True:
            while self._inputs:
                self.take_one()
            s = self.snapshot
            if not s.timers or s.finished is not None or s.stopped:
                return
            self.now = max(self.now, min(s.timers)[0])
            due = sorted(name for at, name in s.timers if at <= self.now)
            self._inputs.append(Draft(ev.TIMER_DUE, data={"tasks": due}))

    def take_one(self) -> None:
        """Take one input: the first, or any where there is a seed."""
        index = 0 if self.seed is None else self._random.randrange(len(self._inputs))
        draft = self._inputs[index]
        del self._inputs[index]
        self.send(draft)

    def send(self, draft: Draft) -> None:
        """Give the engine one input and queue what its effects result in."""
        first = len(self.events)
        steps(self.snapshot, self._record(draft), self._record)
        self.snapshot.changes.clear()
        for event in self.events[first:]:
            self.encoded += len(encode(event))
            if event.type == ev.EFFECT_INTENT:
                self._act(event)

    def _record(self, draft: Draft) -> Event:
        event = Event(self.snapshot.seq + 1, rfc3339(self.now), *draft)
        apply(self.snapshot, event)
        self.events.append(event)
        return event

    def _act(self, intent: Event) -> None:
        kind = K(intent.data["kind"])
        head = {"key": intent.data["key"], "kind": kind.value}
        scripted = self.script(intent)
        result = DEFAULTS[kind](intent) if scripted is None else dict(scripted)
        ended = result.pop("ended", None)
        type_ = ev.EFFECT_FAILED if "message" in result else ev.EFFECT_DONE
        self._post(type_, intent, {**head, **result})
        is_done = type_ == ev.EFFECT_DONE and not {"no_slot", "paused"} & result.keys()
        if kind in ENDINGS and is_done:
            type_, facts = ENDINGS[kind]
            self._post(type_, intent, {"key": head["key"], **facts, **(ended or {})})

    def _post(self, type_: str, intent: Event, data: Mapping[str, Any]) -> None:
        where = (intent.workstream, intent.task, intent.attempt, intent.turn)
        self._inputs.append(Draft(type_, *where, data))


ENDINGS: dict[K, tuple[str, dict[str, Any]]] = {
    K.TURN_START: (ev.TURN_ENDED, {"ending": "exited", "exit_code": 0}),
    K.GATE_START: (ev.GATE_ENDED, {"passed": True, "reason": "exit code 0", "log": ""}),
    K.SETUP_START: (ev.SETUP_ENDED, {"passed": True, "reason": "exit code 0"}),
}

DEFAULTS: dict[K, Callable[[Event], dict[str, Any]]] = {
    K.LANE_PREPARE: lambda e: {"head": "h0", "base": "h0", "worktree": f"/w/{e.workstream}"},
    K.LANE_OPEN: lambda e: {"number": 1, "url": f"local#{e.workstream}", "head": e.data["head"]},
    K.LANE_PUBLISH: lambda _: {},
    K.LANE_REOPEN: lambda _: {},
    K.LANE_CLOSE: lambda _: {},
    K.LANE_RESET: lambda _: {"kept": [], "notes": []},
    K.LANE_TEARDOWN: lambda _: {},
    K.LANE_CANDIDATE: lambda e: {
        "head": e.data["head"],
        "target_tip": "t0",
        "merge_base": "h0",
        "commit": f"land-{e.workstream}",
        "tree": f"tree-{e.workstream}-{e.data['head']}",
    },
    K.LANE_APPROVE: lambda _: {},
    K.LANE_LAND: lambda e: {"commit": e.data["commit"]},
    K.LANE_ADOPT: lambda _: {"head": "person"},
    K.REVERT_MAKE: lambda e: {
        "commit": f"revert-{e.workstream}",
        "tree": f"without-{e.workstream}",
        "target_tip": "t1",
        "worktree": f"/w/{e.workstream}",
    },
    K.REVERT_LAND: lambda e: {
        "commit": e.data["commit"],
        "number": 3,
        "url": f"local#revert-{e.workstream}",
        "note": "",
    },
    K.ATTEMPT_START: lambda e: {"start": "s", "requires": e.data["requires"]},
    K.SETUP_START: lambda _: {"needed": True},
    K.TURN_START: lambda _: {},
    K.TURN_KEEP: lambda _: {},
    K.TURN_ANSWER: lambda _: {"counts": True, "text": "run x", "about": "abc"},
    K.TURN_STOP: lambda _: {},
    K.TURN_COLLECT: lambda e: {
        "result": "done",
        "reason": "",
        "commit": f"c-{e.task}",
        "candidate": f"m-{e.task}-{e.attempt}",
        "lane_tip": "tip",
        "tree": f"t-{e.task}",
        "empty": False,
        "changed": 1,
    },
    K.GATE_START: lambda _: {},
    K.TASK_OPEN: lambda e: {"number": 2, "url": f"local#{e.task}"},
    K.TASK_MERGE: lambda e: {"commit": e.data["candidate"]},
}
