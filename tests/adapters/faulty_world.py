"""The engine in a world that goes wrong: seeded orders, faults, crashes, impatient people.

Acts are done some time after they were announced, in any order; their results come later still,
twice, or never. Programs end when nobody looks. The orchestrator dies between any two of these, or
in the middle of writing its journal. `FaultyRun` is deterministic: the same graph and seed give the
same events.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.adapters.model_world import PROGRAMS, ModelWorld

from agentrelay._shared.clock import rfc3339
from agentrelay.engine.decide import steps
from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.fold import apply
from agentrelay.engine.news import is_news
from agentrelay.engine.progress import standstill
from agentrelay.engine.recovery import unfinished
from agentrelay.engine.snapshot import Program, Snapshot, new_snapshot, waits_for_account
from agentrelay.graph.model import TaskGraph
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event, decode, encode

Facts = Mapping[str, Any]

FAILURE: Facts = {"code": "AR-EXT-001", "message": "it went wrong", "hint": ""}
CONFLICT: Facts = {"conflict": "a.txt: both"}

ACCOUNT = "claude-0123456789ab"
ASK_AGAIN = "2027-01-15T09:00:00.000Z"
PAUSED: Facts = {"account": ACCOUNT, "until": ASK_AGAIN, "why": "rate limited"}
LEFT_TO_A_PERSON: Facts = {**PAUSED, "until": None}
REFUSED: Facts = {"result": "rate_limited", "reason": "429"}

FAULTS: dict[K, tuple[Facts, ...]] = {
    K.LANE_PUBLISH: ({"rejected": "not pushed: no"},),
    K.LANE_LAND: ({"in_the_way": "dirty"}, {"rejected": "hook"}),
    K.REVERT_MAKE: ({"refused": "a.txt: changed since"},),
    K.REVERT_LAND: ({"refused": "dirty"},),
    K.LANE_ADOPT: ({"refused": "uncommitted"},),
    K.TURN_COLLECT: (
        {"result": "failed", "reason": "said so"},
        {"result": "stalled", "reason": "idle"},
        {**REFUSED, "paused": PAUSED},
        {**REFUSED, "paused": LEFT_TO_A_PERSON},
        {**REFUSED, "result": "overloaded"},
    ),
    K.TASK_MERGE: ({"in_the_way": "dirty"},),
    K.LANE_RESET: ({"refused": "checked out elsewhere"},),
}
"""Results in the place of the good one, of acts that were not done. Any act can fail, too."""

ADDITIONS: dict[K, tuple[Facts, ...]] = {
    K.ATTEMPT_START: (CONFLICT,),
    K.TURN_COLLECT: (CONFLICT, {"concerns": ["not sure"]}),
    K.LANE_CANDIDATE: (CONFLICT,),
}
"""Facts that are laid over the result of an act that was done."""

ENDS: dict[K, tuple[Facts, ...]] = {
    K.GATE_START: ({"passed": False, "reason": "exit code 1"}, {"again": True}),
    K.SETUP_START: ({"passed": False, "reason": "exit code 1"}, {"again": True}),
    K.TURN_START: ({"ending": "lost"}, {"ending": "exited", "exit_code": 3}),
}

GOOD_ENDS: dict[K, tuple[str, Facts]] = {
    K.TURN_START: (ev.TURN_ENDED, {"ending": "exited", "exit_code": 0}),
    K.GATE_START: (ev.GATE_ENDED, {"passed": True, "reason": "exit code 0", "log": ""}),
    K.SETUP_START: (ev.SETUP_ENDED, {"passed": True, "reason": "exit code 0"}),
}

VERBS = (
    *("approve", "reject", "retry", "retry", "cancel", "close", "clean", "reset", "resume"),
    *("pause", "unpause", "take", "give", "give", "send"),
    *("limit", "revert", "revert", "answer"),
)
OF_TASKS = frozenset(
    {"approve", "retry", "cancel", "reset", "pause", "unpause", "take", "give", "send"}
)
LIMITS = ("5", "100", "none", "-1")
LOST, TWICE, MEDDLING = 0.01, 0.05, 0.01
"""How often a result never comes, comes twice, and a person commits on a branch."""


class Watch(Protocol):
    """Looks at each event of a run, as it is recorded and again when it is read back."""

    def __call__(self, run: FaultyRun, event: Event) -> None: ...


@dataclass
class FaultyRun:
    """One run in a world of faults. ``fault_rate`` is between 0 and 1."""

    graph: TaskGraph
    seed: int
    fault_rate: float
    watching: Callable[[], Watch]
    snapshot: Snapshot = field(init=False)
    events: list[Event] = field(default_factory=list)
    now: float = 1_800_000_000.0

    def __post_init__(self) -> None:
        self.snapshot = new_snapshot(self.graph, 1)
        self.watch = self.watching()
        self.random = random.Random(self.seed)
        self.world = ModelWorld(self.graph)
        self.announced: list[Event] = []
        self.results: list[Draft] = []
        self.inbox: list[Draft] = []
        self._read: list[Event] = []
        self.people_count = 0

    def start(self) -> None:
        """Begin the run."""
        self.send(Draft(ev.RUN_STARTED, data={"mode": "full"}))

    def step(self, people: int) -> bool:
        """Let one thing happen; ``people`` of 100 times it is a request. False: all is quiet."""
        if self.random.random() * 100 < people:
            self.ask_anything()
            return True
        choices = self._possible()
        if choices:
            self.random.choice(choices)()
            return True
        if self.snapshot.in_flight and not self.snapshot.stopped:
            # A result was lost: a person starts the orchestrator again.
            self.crash()
            return True
        return False

    def send(self, draft: Draft) -> None:
        """Give the engine one input, unless it knows it, and announce its acts."""
        if not is_news(self.snapshot, draft):
            return
        first = len(self.events)
        steps(self.snapshot, self._record(draft), self._record)
        self._assert_progress()
        self.snapshot.changes.clear()
        self.announced += [e for e in self.events[first:] if e.type == ev.EFFECT_INTENT]

    def _assert_progress(self) -> None:
        """The engine looks at some lanes after each step; here all of them are looked at."""
        if not self.snapshot.stopped and self.snapshot.finished is None:
            assert standstill(self.snapshot, self.snapshot.lanes.values()) is None

    def request(self, verb: str, **named: Any) -> None:
        """Ask for something."""
        data = {"id": f"r{self._next_name()}", "verb": verb, "by": "ann"}
        data |= {"text": named.get("text", ""), "approval": named.get("approval", {})}
        draft = Draft(ev.REQUEST_RECEIVED, named.get("lane"), named.get("task"), data=data)
        self.inbox.append(draft)
        self.send(draft)

    def approve(self, lane: str) -> None:
        """Approve what the lane is now."""
        state = self.snapshot.lanes[lane]
        shown = {"merge_base": "b", "target_tip": "t", "tree": "x", **(state.candidate or {})}
        names = ("merge_base", "target_tip", "tree")
        approval = {"head": state.head, **{name: shown[name] for name in names if name in shown}}
        self.request("approve", lane=lane, approval=approval)

    def revert(self, lane: str) -> None:
        """Ask for a lane to be taken back out of its target, as it has landed now."""
        landed = self.snapshot.lanes[lane].landed
        self.request("revert", lane=lane, approval={"landed": landed})

    def answer(self) -> None:
        """Answer a question of an agent that waits with one, if there is one; else nonsense."""
        nonsense = [(next(iter(self.snapshot.tasks)), 1)]
        task, number = self.random.choice(self._asked() or nonsense)
        approval = {"question": str(number), "answer": self.random.choice(("allow", "deny"))}
        approval["always"] = self.random.choice(("yes", "no"))
        text = self.random.choice(("", "please"))
        self.request("answer", task=task, text=text, approval=approval)

    def _asked(self) -> list[tuple[str, int]]:
        return [(t.id, number) for t in self.snapshot.tasks.values() for number in t.questions]

    def resolve(self, lane: str) -> None:
        """Merge the target into a lane as a person, and ask to go on."""
        if self.world.branch(lane) in self.world.git.refs:
            self.world.merge_by_a_person(lane, f"person {self._next_name()}")
        self.request("retry", lane=lane)

    def ask_anything(self) -> None:
        """Ask for something at random, sensible or not."""
        verb = self.random.choice(VERBS)
        lane = self.random.choice(list(self.snapshot.lanes))
        task = self.random.choice(list(self.snapshot.tasks))
        if verb == "approve" and self.random.random() < 0.8:
            self.approve(lane)
        elif verb == "revert" and self.random.random() < 0.9:
            self.revert(lane)
        elif verb == "answer" or (self._asked() and self.random.random() < 0.3):
            self.answer()
        elif verb in OF_TASKS and self.random.random() < 0.5:
            self.request(verb, task=task, text="please")
        elif self.random.random() < 0.1:
            verbs = ("cancel", "retry", "clean", "dance", "pause", "unpause")
            self.request(self.random.choice(verbs))
        elif self.random.random() < 0.05:
            self.request(verb, task=self.random.choice(("no such task", task)))
        else:
            told = {"approve": {"head": "old"}, "limit": {"tokens": self.random.choice(LIMITS)}}
            told["give"] = self._perhaps_fail()
            approval = told.get(verb, {})
            self.request(verb, lane=lane, approval=approval)

    def _perhaps_fail(self) -> dict[str, str]:
        return {"fail": "yes"} if self.random.random() < 0.2 else {}

    def crash(self, mode: str = "full", *, torn: int = 0) -> None:
        """Lose all that is not in the journal and its last ``torn`` events, and go on."""
        kept = len(self.events) - torn
        del self.events[kept:], self._read[kept:]
        self.snapshot, self.watch = new_snapshot(self.graph, 1), self.watching()
        for event in self.read():
            apply(self.snapshot, event)
            self.watch(self, event)
        self.snapshot.changes.clear()
        self.announced.clear()
        self.results.clear()
        self.world.slots.crash()
        left = unfinished(self.snapshot)
        self.send(self._first(mode))
        for request in self.inbox:
            self.send(request)
        self.announced += left

    def crash_while_writing(self, people: int) -> None:
        """Let one thing happen, of which the journal has the first events only, or none."""
        before = len(self.events)
        self.step(people)
        # What went before the step was written, and acted upon.
        self.crash(torn=self.random.randint(0, max(0, len(self.events) - before)))

    def interrupt(self, *, end: bool) -> None:
        """Stop as a signal does: acts that are under way end, programs go on unless ``end``."""
        self.send(Draft(ev.RUN_INTERRUPTED, data={"end": end}))
        while self.announced or self.results:
            self._act_or_deliver()
        while end and (known := [key for key in self.snapshot.programs if self._is_known(key)]):
            if known[0] in self.world.live:
                self._end(known[0])
            self._see(known[0])
            while self.announced or self.results:
                self._act_or_deliver()

    def read(self) -> list[Event]:
        """Return the events as the journal's lines give them."""
        self._read += [decode(encode(event)) for event in self.events[len(self._read) :]]
        return self._read

    def _first(self, mode: str) -> Draft:
        if self.events:
            return Draft(ev.RUN_RESUMED, data={"mode": mode})
        return Draft(ev.RUN_STARTED, data={"mode": mode})

    def _next_name(self) -> int:
        self.people_count += 1
        return self.people_count

    def _possible(self) -> list[Callable[[], None]]:
        s, found = self.snapshot, []
        if self.announced or self.results:
            found += [self._act_or_deliver] * 4
        found += [lambda key=key: self._end(key) for key in self.world.live]
        if s.stopped:
            return found
        found += [lambda key=key: self._see(key) for key in s.programs if key in self.world.ended]
        if turns := [p.task for p in s.programs.values() if p.kind == K.TURN_START]:
            due = Draft(ev.KEEP_DUE, data={"tasks": turns})
            found.append(lambda: self.send(due))
            asking = self.random.choice([p for p in s.programs.values() if p.kind == K.TURN_START])
            found.append(lambda: self._ask_or_answer(asking))
        if s.timers:
            found.append(self._timer)
        waiting = {task.account for task in s.tasks.values() if waits_for_account(task)}
        if self.fault_rate and ACCOUNT in waiting:
            # Now and then, another run's turn is served.
            opened = Draft(ev.ACCOUNT_OPEN, data={"account": ACCOUNT})
            found.append(lambda: self.send(opened))
        return found + self._slots_move()

    def _slots_move(self) -> list[Callable[[], None]]:
        """Return what may happen to slots: they come late, other runs take some and give back."""
        slots, found = self.world.slots, []
        if slots.late:
            found.append(slots.give_back_late)
        for kind, queue in self.snapshot.wanting.items():
            if self.fault_rate and self.announced and slots.is_free(kind):
                found.append(lambda kind=kind: slots.others_take(kind))
            if slots.others[kind]:
                found.append(lambda kind=kind: slots.others_give_back(kind))
            if queue and slots.is_free(kind):
                free = Draft(ev.SLOT_FREE, data={"slot": kind})
                found.append(lambda free=free: self.send(free))
        return found

    def _ask_or_answer(self, turn: Program) -> None:
        """Let the agent of a turn ask something, or give up waiting for an answer to it."""
        asked = self.snapshot.tasks[turn.task or ""].questions
        where = (turn.workstream, turn.task, turn.attempt, turn.turn)
        if asked:
            given = {"key": turn.key, "question": min(asked), "by": ""}
            self.send(Draft(ev.TURN_ANSWERED, *where, given))
        else:
            wish = {"text": "run x", "about": "x", "until": ASK_AGAIN}
            facts = {"key": turn.key, "question": self._next_name(), **wish}
            self.send(Draft(ev.TURN_ASKED, *where, facts))

    def _is_known(self, key: str) -> bool:
        return key in self.world.live or key in self.world.ended

    def _act_or_deliver(self) -> None:
        if self._chance(MEDDLING):
            self._meddle()
        place = self.random.randrange(len(self.announced) + len(self.results))
        if place < len(self.announced):
            self._act(self.announced.pop(place))
        else:
            self._deliver(self.results.pop(place - len(self.announced)))

    def _deliver(self, result: Draft) -> None:
        if self._chance(TWICE):
            self.results.append(result)
        if not self.snapshot.stopped and self._chance(LOST):
            self.results = [other for other in self.results if other.data != result.data]
            return
        self.send(result)

    def _meddle(self) -> None:
        """Let a person commit on a branch that is ours, or on one that we land on."""
        ref = self.random.choice([r for r in self.world.git.refs if not r.startswith("task/")])
        self.world.commit_of_a_person(ref, f"person {self._next_name()}")

    def _timer(self) -> None:
        s = self.snapshot
        self.now = max(self.now, min(s.timers)[0])
        due = sorted(name for at, name in s.timers if at <= self.now)
        self.send(Draft(ev.TIMER_DUE, data={"tasks": due}))

    def _end(self, key: str) -> None:
        program = self.world.live[key]
        kind = K(program.intent.data["kind"])
        facts = dict(GOOD_ENDS[kind][1])
        if program.stopped:
            facts |= {"ending": "stopped"} if kind is K.TURN_START else {"again": True}
        elif self._chance(self.fault_rate):
            facts |= self.random.choice(ENDS[kind])
        self.world.end(key, facts)

    def _see(self, key: str) -> None:
        program = self.snapshot.programs[key]
        type_ = GOOD_ENDS[K(program.kind)][0]
        where = (program.workstream, program.task, program.attempt, program.turn)
        self.send(Draft(type_, *where, {**self.world.ended[key], "key": key}))

    def _record(self, draft: Draft) -> Event:
        self.now = round(self.now + 0.001, 3)
        event = Event(self.snapshot.seq + 1, rfc3339(self.now), *draft)
        apply(self.snapshot, event)
        self.events.append(event)
        if event.type == ev.TASK_RELEASED and event.data.get("waived"):
            self.world.waived.add((event.task or "", event.data["waived"]))
        self.watch(self, event)
        return event

    def _chance(self, rate: float) -> bool:
        return self.fault_rate > 0 and self.random.random() < rate

    def _act(self, intent: Event) -> None:
        kind = K(intent.data["kind"])
        head = {"key": intent.data["key"], "kind": kind.value}
        type_, facts = self._done(kind, intent)
        where = (intent.workstream, intent.task, intent.attempt, intent.turn)
        self.results.append(Draft(type_, *where, {**head, **facts}))

    def _done(self, kind: K, intent: Event) -> tuple[str, Facts]:
        is_program = kind in PROGRAMS
        if is_program and self._is_known(intent.data["key"]):
            return ev.EFFECT_DONE, self.world.act(intent)
        if not self._chance(self.fault_rate):
            return ev.EFFECT_DONE, self.world.act(intent)
        if self.random.random() < 0.4:
            if is_program:
                self.world.slots.take_in_vain(PROGRAMS[kind])
            elif self.random.random() < 0.3:
                # It was done, and what came after it failed.
                self.world.act(intent)
            return ev.EFFECT_FAILED, FAILURE
        return ev.EFFECT_DONE, self._fault(kind, intent)

    def _fault(self, kind: K, intent: Event) -> Facts:
        if kind is K.SETUP_START and self.random.random() < 0.5:
            return {"needed": False}
        if kind is K.TURN_START and self.random.random() < 0.5:
            return {"paused": self.random.choice((PAUSED, LEFT_TO_A_PERSON))}
        if kind in PROGRAMS:
            self.world.slots.others_take(PROGRAMS[kind])
            return self.world.act(intent)
        instead, added = FAULTS.get(kind, ()), ADDITIONS.get(kind, ())
        if kind is K.LANE_RESET and intent.data["asked"] in self.world.resets:
            # What was taken back once is not refused any more.
            instead = ()
        fault = self.random.choice((*instead, *added, {}))
        if fault in instead:
            return fault
        done = self.world.act(intent)
        if kind is K.LANE_CANDIDATE:
            is_merged = self.world.git.contains(intent.data["head"], done["target_tip"])
            return done if is_merged or done.get("already") else {**done, **fault}
        return done if done.get("result", "done") != "done" else {**done, **fault}
