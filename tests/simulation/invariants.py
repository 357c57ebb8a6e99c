"""What must be true of every run, whatever went wrong in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tests.adapters.faulty_world import FaultyRun

from agentrelay.engine.budgets import find_overrun
from agentrelay.engine.effect import BESIDE
from agentrelay.engine.effect import EffectKind as K
from agentrelay.engine.lane_rules import concerns
from agentrelay.engine.pauses import keeps_lane, pause_of_task
from agentrelay.engine.replay import replay
from agentrelay.engine.revert_rules import landed_on_top
from agentrelay.engine.snapshot import LaneState, Snapshot, TaskState, waits_for_account
from agentrelay.journal import event as ev
from agentrelay.journal.event import Event
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus as W

LANDING = frozenset(
    kind.value for kind in (K.LANE_CANDIDATE, K.LANE_LAND, K.REVERT_MAKE, K.REVERT_LAND)
)
BEGUN = LANDING | {
    kind.value for kind in (K.ATTEMPT_START, K.SETUP_START, K.TURN_START, K.GATE_START)
}
"""What begins something new, which nothing does in what is paused."""
LANE_OVER = frozenset({W.MERGED, W.FAILED})
LANE_STEPS: Mapping[W, frozenset[W]] = {
    W.PENDING: frozenset({W.ACTIVE, W.FAILED}),
    W.ACTIVE: frozenset({W.MERGE_READY, W.FAILED}),
    W.MERGE_READY: frozenset({W.PR_CREATED, W.MERGED, W.ACTIVE, W.FAILED}),
    W.PR_CREATED: frozenset({W.MERGED, W.ACTIVE, W.FAILED}),
    W.FAILED: frozenset({W.PENDING, W.ACTIVE}),
    W.MERGED: frozenset(),
}
"""What may follow what in a lane: nothing follows ``merged``."""


class Watch:
    """Looks at each event of a run as it is recorded, and remembers what later ones must fit."""

    def __init__(self) -> None:
        self.flying: set[str] = set()
        self.turns: Counter[str] = Counter()
        self.merges: Counter[str] = Counter()
        self.reopened: Counter[str] = Counter()
        self.lanes: dict[str, W] = {}
        self.attempts: set[str] = set()
        self.refused = ""

    def __call__(self, run: FaultyRun, event: Event) -> None:
        s = run.snapshot
        if event.type in ev.INPUTS:
            self.refused = event.data["key"] if event.data.get("no_slot") else ""
        if event.type == ev.EFFECT_INTENT:
            self._announced(s, event)
        elif event.type in (ev.EFFECT_DONE, ev.EFFECT_FAILED):
            self._concluded(run, event)
        elif event.type == ev.TASK_REOPENED:
            self.reopened[event.task or ""] += 1
        if event.task is not None and event.task in s.tasks:
            _waits_for_its_account(s, s.tasks[event.task], event)
        if event.workstream in s.lanes and event.task is None:
            self._lane_follows_the_table(s.lanes[event.workstream])
            _one_lane_lands(s)

    def _announced(self, s: Snapshot, event: Event) -> None:
        key = event.data["key"]
        assert key not in self.flying, f"{key} is announced twice"
        assert key != self.refused, f"{key} is tried again at once, where no slot was free"
        _is_not_paused(s, event)
        self.flying.add(key)
        assert key not in s.programs, f"{key} is started beside itself"
        others = [
            other
            for other, intent in s.in_flight.items()
            if other != key
            and intent.data["kind"] not in BESIDE
            and (intent.workstream, intent.task) == (event.workstream, event.task)
        ]
        is_answer = event.data["kind"] == K.TURN_ANSWER
        assert is_answer or not others, f"{key} is announced beside {others}"
        if event.task is not None and s.tasks[event.task].keeping:
            is_apart = event.data["kind"] in BESIDE | {K.TURN_STOP}
            assert is_apart, f"{key} moves what is pinned"
        if event.data["kind"] == K.ATTEMPT_START and key not in self.attempts:
            self.attempts.add(key)
            _waited_for_all_it_needs(s, event)
        if event.data["kind"] == K.TURN_START:
            overrun = find_overrun(s, s.tasks[event.task or ""])
            assert overrun is None, f"{key} is started although {overrun}"
        if event.data["kind"] == K.LANE_LAND and not event.data.get("already"):
            _may_land(s, s.lanes[event.workstream or ""], event)

    def _concluded(self, run: FaultyRun, event: Event) -> None:
        self.flying.discard(event.data["key"])
        if event.type == ev.EFFECT_FAILED:
            return
        s, kind, key = run.snapshot, event.data["kind"], event.data["key"]
        if kind == K.ATTEMPT_START:
            _starts_from_all_it_needs(run, event)
        if kind == K.TURN_START and not {"no_slot", "paused"} & event.data.keys():
            self.turns[key] += 1
            assert self.turns[key] == 1, f"{key} was started twice"
        if kind == K.LANE_RESET and not event.data.get("refused"):
            self._taken_back(run, key)
        if kind == K.TASK_MERGE and event.data.get("commit"):
            self.merges[event.task or ""] += 1
            assert self.merges[event.task or ""] <= 1 + self.reopened[event.task or ""]
        if kind == K.LANE_LAND and event.data.get("commit"):
            _lands_in_order(s, event)
        if kind == K.REVERT_LAND and event.data.get("commit"):
            on_top = landed_on_top(s, s.lanes[event.workstream or ""])
            assert not on_top, f"{event.workstream} was reverted under {on_top}"

    def _taken_back(self, run: FaultyRun, key: str) -> None:
        """Nothing is done any more that stood on what went, and it may all be done again."""
        s = run.snapshot
        data = next(e.data for e in run.events if e.data.get("key") == key and "tasks" in e.data)
        for name in (task["id"] for task in data["tasks"]):
            self.reopened[name] += 1
            for other in (name, *s.graph.dependents[name]):
                assert s.tasks[other].status is TaskStatus.PENDING, f"{other} outlives {name}"
        for lane in (s.lanes[facts["id"]] for facts in data["lanes"]):
            self.lanes[lane.id] = lane.status

    def _lane_follows_the_table(self, lane: LaneState) -> None:
        before = self.lanes.get(lane.id, W.PENDING)
        is_step = lane.status is before or lane.status in LANE_STEPS[before]
        assert is_step, f"lane {lane.id} went from {before.value} to {lane.status.value}"
        self.lanes[lane.id] = lane.status


def _waits_for_its_account(s: Snapshot, task: TaskState, event: Event) -> None:
    """A task whose account refuses has no program, its attempt goes on, and it is asked again."""
    made = task.collected or {}
    if event.type == ev.ATTEMPT_FAILED:
        assert event.data["reason"] not in REFUSALS, f"{task.id} paid for a refusal"
    if not waits_for_account(task):
        return
    assert task.open, f"{task.id} waits for an account and has no attempt"
    assert task.program is None, f"{task.id} works on an account that refuses"
    assert made.get("result", "") != "done"
    timers = [name for _, name in s.timers if name == task.id]
    assert len(timers) == (task.account_wait is not None), f"{task.id} has timers {timers}"


REFUSALS = frozenset({"429"})


def _is_not_paused(s: Snapshot, event: Event) -> None:
    if event.data["kind"] not in BEGUN:
        return
    lane = s.lanes[event.workstream or ""]
    task = s.tasks.get(event.task or "")
    is_paused = keeps_lane(s, lane) if task is None else pause_of_task(s, task) is not None
    is_for_person = task is not None and bool(task.taken) and event.data["kind"] == K.ATTEMPT_START
    assert not is_paused or is_for_person, f"{event.data['key']} begins in what is paused"
    if task is not None:
        assert is_for_person or not task.taken, f"{event.data['key']} begins beside a person"


def _may_land(s: Snapshot, lane: LaneState, event: Event) -> None:
    by_itself = lane.lane.auto_merge and not concerns(s, lane)
    is_approved = lane.approved is not None and lane.approved["head"] == event.data["head"]
    assert by_itself or is_approved, f"{lane.id} lands unasked"


def _waited_for_all_it_needs(s: Snapshot, event: Event) -> None:
    for name in s.tasks[event.task or ""].spec.dependencies:
        status = s.tasks[name].status
        assert status is TaskStatus.MERGED, f"{event.task} starts while {name} is {status.value}"


def _starts_from_all_it_needs(run: FaultyRun, event: Event) -> None:
    task = run.snapshot.tasks[event.task or ""]
    in_lane = [run.snapshot.tasks[name] for name in task.spec.dependencies]
    commits = [other.commit for other in in_lane if other.lane == task.lane]
    for commit in (*commits, *event.data["requires"]):
        assert run.world.git.contains(event.data["start"], commit), f"{task.id} lacks {commit}"


def _one_lane_lands(s: Snapshot) -> None:
    holders: dict[str, str] = {}
    for lane in s.lanes.values():
        intent = s.in_flight.get(lane.in_flight or "")
        judged = lane.program is not None
        if judged or (intent is not None and intent.data["kind"] in LANDING):
            assert s.landing.get(lane.target) == lane.id, f"{lane.id} lands without the token"
            assert holders.setdefault(lane.target, lane.id) == lane.id


def _lands_in_order(s: Snapshot, event: Event) -> None:
    lane = s.lanes[event.workstream or ""]
    for name in lane.upstream:
        is_first = s.lanes[name].status is W.MERGED or lane.approved is not None
        assert is_first, f"{lane.id} landed before {name}"
    assert lane.unmerged == 0, f"{lane.id} landed with work to be done"


def assert_world_agrees(run: FaultyRun) -> None:
    """What is said to be done is so, by the evidence of the world, and was done once."""
    s, world = run.snapshot, run.world
    for task in s.tasks.values():
        if task.status is TaskStatus.MERGED:
            lane = s.lanes[task.lane]
            assert task.commit is not None
            assert lane.head is not None
            branch = world.git.refs.get(world.branch(lane.id), lane.head)
            # Where it is being taken back, the branch may have lost it before the run knows.
            for tip in (lane.head, lane.head if lane.reset else branch):
                assert world.git.contains(tip, task.commit), f"{task.id} is not in its lane"
            if lane.landed is not None:
                tip = world.git.refs[lane.target]
                assert world.git.contains(tip, task.commit), f"{task.id} has not landed"
    opened = Counter(e.workstream for e in run.events if e.data.get("kind") == K.LANE_REOPEN)
    for lane in s.lanes.values():
        landings = world.merges[f"lane {lane.id}"]
        assert landings <= 1 + opened[lane.id], f"{lane.id} landed {landings} times"
        reverts = world.merges[f"revert {lane.id}"]
        assert reverts == 1 if lane.reverted is not None else reverts <= 1
        assert lane.reverting is None or s.stopped, f"{lane.id} is being reverted for ever"
    doubled = [head for head, count in world.open_requests().items() if count > 1]
    assert not doubled, f"several change requests are open for {doubled}"
    assert not [key for key, count in world.starts.items() if count > 1]
    work = {
        event.data["commit"]
        for event in run.events
        if event.type == ev.EFFECT_DONE
        and event.data["kind"] == K.TURN_COLLECT
        and event.data.get("commit")
    }
    lost = [commit for commit in sorted(work) if not world.git.is_reachable(commit)]
    assert not lost, f"work was lost: {lost}"


def assert_rest_is_explained(s: Snapshot) -> None:
    """Each lane and task that is not at its end waits for something that has a name."""
    assert s.finished is not None or s.waiting_code is not None or not s.starts_agents
    assert not s.requests, "a request was never answered"
    wanting = {kind: queue for kind, queue in s.wanting.items() if queue}
    assert not wanting or not s.starts_agents, f"free slots are waited for: {wanting}"
    for lane in s.lanes.values():
        assert lane.status in LANE_OVER or _why(s, lane), (
            f"lane {lane.id} is {lane.status.value} and waits for nothing: {lane}"
        )


def _why(s: Snapshot, lane: LaneState) -> str:
    if lane.hold is not None:
        return lane.hold.reason
    if keeps_lane(s, lane) and lane.active is None:
        return "it is paused"
    if lane.status in (W.PENDING, W.ACTIVE):
        if not s.starts_agents:
            return "no agents are started now"
        return _why_tasks(s, lane)
    return ", ".join(name for name in lane.upstream if s.lanes[name].status is not W.MERGED)


def _why_tasks(s: Snapshot, lane: LaneState) -> str:
    active = s.tasks.get(lane.active or "")
    if active is not None:
        paused = "its task is paused" if pause_of_task(s, active) else ""
        return active.hold.reason if active.hold else active.taken or paused
    for spec in s.graph.tasks_of[lane.id]:
        task = s.tasks[spec.id]
        if task.paused:
            return "a task of it is paused"
        if task.status is TaskStatus.PENDING and not task.missing and not task.doomed:
            return ""
    waiting = [t.id for t in s.graph.tasks_of[lane.id] if s.tasks[t.id].missing]
    return f"{waiting} wait for others" if waiting else ""


def assert_journal_replays(run: FaultyRun) -> None:
    """The journal's inputs give its outputs again, and its events the snapshot as it is."""
    found = replay(run.graph, 1, run.read())
    assert found.difference is None
    assert not found.standstills
    assert found.snapshot == run.snapshot
