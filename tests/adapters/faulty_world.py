"""The engine in a world that goes wrong: seeded orders, scripted faults, crashes, impatient people.

The world keeps what is true outside (programs that were started, results of acts), so that after a
crash an act that is done again finds what the first one did. `FaultyRun` is deterministic: the same
graph and seed give the same events.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.adapters.simulated_world import DEFAULTS, ENDINGS

from agentrelay._shared.clock import rfc3339
from agentrelay.engine.decide import steps
from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.fold import apply
from agentrelay.engine.recovery import unfinished
from agentrelay.engine.snapshot import Snapshot, new_snapshot
from agentrelay.graph.model import TaskGraph
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event, decode, encode

Facts = Mapping[str, Any]

FAULTS: dict[K, tuple[Facts, ...]] = {
    K.LANE_PREPARE: ({"message": "no worktree"},),
    K.LANE_OPEN: ({"message": "forge down"}, {"unchanged": True}),
    K.LANE_PUBLISH: ({"message": "network"}, {"rejected": "not pushed: no"}),
    K.LANE_REOPEN: ({"message": "disk full"},),
    K.LANE_CLOSE: ({"message": "forge down"},),
    K.LANE_TEARDOWN: ({"message": "busy"},),
    K.LANE_CANDIDATE: (
        {"message": "git failed"},
        {"conflict": "a.txt: both", "head": "h", "target_tip": "t1"},
        {"already": True, "commit": "t1", "head": "h", "target_tip": "t1"},
    ),
    K.LANE_APPROVE: ({"message": "forge down"},),
    K.LANE_LAND: (
        {"message": "git failed"},
        {"moved": "t2"},
        {"in_the_way": "dirty"},
        {"rejected": "hook"},
    ),
    K.LANE_ADOPT: ({"message": "in use"}, {"refused": "uncommitted"}, {"nothing": True}),
    K.ATTEMPT_START: ({"message": "git failed"}, {"conflict": "a.txt: both"}),
    K.SETUP_START: ({"message": "no exec"}, {"needed": True, "no_slot": True}, {"needed": False}),
    K.TURN_START: ({"message": "no exec"}, {"no_slot": True}),
    K.TURN_STOP: ({"message": "no exec"},),
    K.TURN_COLLECT: (
        {"message": "git failed"},
        {"result": "failed", "reason": "said so"},
        {"result": "stalled", "reason": "idle"},
        {"conflict": "a.txt: both"},
        {"candidate": "tip", "commit": "tip", "empty": True},
        {"concerns": ["not sure"]},
    ),
    K.GATE_START: ({"message": "no exec"}, {"no_slot": True}),
    K.TASK_OPEN: ({"message": "forge down"},),
    K.TASK_MERGE: ({"message": "forge down"}, {"moved": "x"}, {"in_the_way": "dirty"}),
}
"""What can go wrong in each kind of act; facts that are no result are laid over the good one."""

ENDS: dict[K, tuple[Facts, ...]] = {
    K.GATE_START: ({"passed": False, "reason": "exit code 1"}, {"again": True}),
    K.SETUP_START: ({"passed": False, "reason": "exit code 1"}, {"again": True}),
    K.TURN_START: ({"ending": "lost"}, {"ending": "exited", "exit_code": 3}),
}

VERBS = ("approve", "reject", "retry", "retry", "cancel", "close", "clean")


@dataclass
class Running:
    """A program that lives, by the intent that started it."""

    intent: Event
    stopped: bool = False


@dataclass
class FaultyRun:
    """One run in a world of faults. ``fault_rate`` is between 0 and 1."""

    graph: TaskGraph
    seed: int
    fault_rate: float
    watch: Callable[[FaultyRun, Event], None] = lambda _run, _event: None
    snapshot: Snapshot = field(init=False)
    events: list[Event] = field(default_factory=list)
    started: Counter[str] = field(default_factory=Counter)
    now: float = 1_800_000_000.0

    def __post_init__(self) -> None:
        self.snapshot = new_snapshot(self.graph, 1)
        self.random = random.Random(self.seed)
        self.inputs: list[Draft] = []
        self.running: dict[str, Running] = {}
        self.results: dict[int, tuple[str, dict[str, Any]]] = {}
        self.stopped_turns: set[tuple[str | None, int | None, int | None]] = set()
        self.request_count = 0

    def start(self) -> None:
        """Begin the run."""
        self.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))

    def step(self, people: int) -> bool:
        """Let one thing happen; ``people`` of 100 times it is a request. False: all is quiet."""
        if self.random.random() * 100 < people:
            self.ask_anything()
            return True
        choices = self._possible()
        if not choices:
            return False
        self.random.choice(choices)()
        return True

    def send(self, draft: Draft) -> None:
        """Give the engine one input and do the acts that it announces."""
        first = len(self.events)
        steps(self.snapshot, self._record(draft), self._record)
        self.snapshot.changes.clear()
        for event in self.events[first:]:
            if event.type == ev.EFFECT_INTENT:
                self._act(event)

    def request(self, verb: str, **named: Any) -> str:
        """Ask for something; return the request's id."""
        self.request_count += 1
        identifier = f"r{self.request_count}"
        data = {"id": identifier, "verb": verb, "by": "ann", "text": named.get("text", "")}
        data["approval"] = named.get("approval", {})
        self.send(Draft(ev.REQUEST_RECEIVED, named.get("lane"), named.get("task"), data=data))
        return identifier

    def approve(self, lane: str) -> None:
        """Approve what the lane is now."""
        head = self.snapshot.lanes[lane].head
        approval = {"head": head, "merge_base": "b", "target_tip": "t", "tree": "x"}
        self.request("approve", lane=lane, approval=approval)

    def ask_anything(self) -> None:
        """Ask for something at random, sensible or not."""
        verb = self.random.choice(VERBS)
        lane = self.random.choice(list(self.snapshot.lanes))
        task = self.random.choice(list(self.snapshot.tasks))
        if verb == "approve" and self.random.random() < 0.8:
            self.approve(lane)
        elif verb in ("approve", "retry", "cancel") and self.random.random() < 0.5:
            self.request(verb, task=task, text="please")
        elif self.random.random() < 0.1:
            self.request(*self.random.choice((("cancel",), ("retry",), ("clean",), ("dance",))))
        elif self.random.random() < 0.05:
            self.request(verb, task=self.random.choice(("no such task", task)))
        else:
            approval = {"head": "old"} if verb == "approve" else {}
            self.request(verb, lane=lane, approval=approval)

    def crash(self, mode: str = "full") -> None:
        """Lose all that is not in the journal, rebuild from it, and go on."""
        self.snapshot = self.folded()
        self.inputs.clear()
        left = unfinished(self.snapshot)
        self.send(Draft(ev.RUN_RESUMED, data={"mode": mode}))
        for intent in left:
            self._act(intent)

    def interrupt(self, *, end: bool) -> None:
        """Stop as a signal does: acts that are under way end, programs go on unless ``end``."""
        self.send(Draft(ev.RUN_INTERRUPTED, data={"end": end}))
        while self.inputs:
            self._deliver()
        while end and self.running:
            self._end(next(iter(self.running)))
            while self.inputs:
                self._deliver()

    def folded(self) -> Snapshot:
        """Return the snapshot that the journal's lines give."""
        snapshot = new_snapshot(self.graph, 1)
        for event in self.events:
            apply(snapshot, decode(encode(event)))
        snapshot.changes.clear()
        return snapshot

    def is_quiet(self) -> bool:
        """Tell whether nothing will happen by itself."""
        return not self._possible()

    def _possible(self) -> list[Callable[[], None]]:
        s = self.snapshot
        found: list[Callable[[], None]] = []
        if self.inputs:
            found += [self._deliver] * 3
        for key in self.running:
            if key in s.programs:
                found.append(lambda key=key: self._end(key))
        if s.stopped:
            return found
        if s.timers:
            found.append(self._timer)
        for slot, queue in s.wanting.items():
            if queue:
                free = Draft(ev.SLOT_FREE, data={"slot": slot})
                found.append(lambda free=free: self.send(free))
        return found

    def _deliver(self) -> None:
        self.send(self.inputs.pop(self.random.randrange(len(self.inputs))))

    def _timer(self) -> None:
        s = self.snapshot
        self.now = max(self.now, min(s.timers)[0])
        due = sorted(name for at, name in s.timers if at <= self.now)
        self.send(Draft(ev.TIMER_DUE, data={"tasks": due}))

    def _end(self, key: str) -> None:
        program = self.running.pop(key)
        kind = K(program.intent.data["kind"])
        type_, facts = ENDINGS[kind]
        facts = {**facts, "key": key}
        if program.stopped:
            turn = program.intent
            self.stopped_turns.add((turn.task, turn.attempt, turn.turn))
            facts |= {"ending": "stopped"} if kind is K.TURN_START else {"again": True}
        elif self._goes_wrong():
            facts |= self.random.choice(ENDS[kind])
        self.send(_about(type_, program.intent, facts))

    def _record(self, draft: Draft) -> Event:
        self.now = round(self.now + 0.001, 3)
        event = Event(self.snapshot.seq + 1, rfc3339(self.now), *draft)
        apply(self.snapshot, event)
        self.events.append(event)
        self.watch(self, event)
        return event

    def _goes_wrong(self) -> bool:
        return self.random.random() < self.fault_rate

    def _act(self, intent: Event) -> None:
        if intent.seq not in self.results:
            self.results[intent.seq] = self._done(intent)
        type_, facts = self.results[intent.seq]
        head = {"key": intent.data["key"], "kind": intent.data["kind"]}
        self.inputs.append(_about(type_, intent, {**head, **facts}))

    def _done(self, intent: Event) -> tuple[str, dict[str, Any]]:
        kind = K(intent.data["kind"])
        result = DEFAULTS[kind](intent)
        if kind is K.LANE_ADOPT:
            result = {"head": f"person{intent.seq}"}
        if kind is K.TURN_COLLECT:
            result["candidate"] = f"m-{intent.task}-{intent.seq}"
            if (intent.task, intent.attempt, intent.turn) in self.stopped_turns:
                result = {"result": "stopped", "reason": "it was stopped"}
        if self._goes_wrong():
            fault = self.random.choice(FAULTS[kind])
            if "message" in fault:
                return ev.EFFECT_FAILED, dict(fault)
            result = {**result, **fault} if _is_addition(kind, fault) else dict(fault)
        if kind in ENDINGS and not result.get("no_slot") and result.get("needed", True):
            self._start(intent)
        if kind is K.TURN_STOP and intent.data["program"] in self.running:
            self.running[intent.data["program"]].stopped = True
        return ev.EFFECT_DONE, result

    def _start(self, intent: Event) -> None:
        key = intent.data["key"]
        self.started[key] += 1
        self.running[key] = Running(intent)


def _is_addition(kind: K, fault: Facts) -> bool:
    return kind is K.ATTEMPT_START or (kind is K.TURN_COLLECT and "result" not in fault)


def _about(type_: str, intent: Event, data: Facts) -> Draft:
    return Draft(type_, intent.workstream, intent.task, intent.attempt, intent.turn, data)
