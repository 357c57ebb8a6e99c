"""The snapshot: all that the engine knows of a run, built from the journal's events alone.

`fold.apply` is the only code that changes it; decisions read it. Facts of the attempt under way
are kept as they came in, and what comes next is derived from them, so a snapshot that was rebuilt
after a crash leads to the same decisions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agentrelay._shared.clock import parse_rfc3339
from agentrelay.engine.spending import Spent
from agentrelay.graph.model import Lane, TaskGraph
from agentrelay.graph.order import depth_to_end, lane_dependencies
from agentrelay.journal.event import Event
from agentrelay.task.core.task import TaskSpec, TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

Priority = tuple[int, int]
"""Smaller goes first: the longest chain of dependents, then the graph's order."""

Facts = dict[str, Any]

ACCOUNT = "account"
"""Kind of the hold of a task whose agent's account refuses, of which only a person knows more."""

RED_BEFORE = "was_red_before"
"""Kind of the hold of a task whose gate is red, and was before; a person may waive the gate."""


@dataclass(slots=True)
class Hold:
    """A wait for a person: what kind, and the sentence that names it."""

    kind: str
    reason: str


@dataclass(slots=True)
class AccountWait:
    """A wait for the account of a task's agent, which the service refuses until a Unix time."""

    until: float
    why: str


@dataclass(slots=True)
class Program:
    """A supervised program that was started and has not been seen to end."""

    key: str
    kind: str
    workstream: str
    task: str | None
    attempt: int | None
    turn: int | None
    gate: str = ""
    index: int = 0
    subject: str = ""
    stamp: str = ""


@dataclass(slots=True)
class TaskState:
    """What is known of a task. The second block is about the attempt under way only.

    ``source`` says which run did it, where that was an earlier one; ``earlier`` is the commit of
    work on top of which it is done again. ``keeps`` counts the pins of work under way, ``keeping``
    says that one is being made. Of the attempts up to ``taken_back`` nothing is left.
    ``asks_again``: a person said that its agent is to be tried although its ``account`` was paused.
    ``spent`` is what all its turns took, up to the attempt and turn of ``spent_on``. ``waivers``
    says which gates were red in what it did, and who let them pass.
    ``paused`` says who has paused it, here as in a lane and a run, ``taken`` who works on it in the
    place of its agent. ``messages`` of people are told with its next turn. ``settled`` is what its
    agent was allowed or denied for good, ``questions`` are those that its turn waits with.
    """

    id: str
    lane: str
    spec: TaskSpec
    priority: Priority
    status: TaskStatus = TaskStatus.PENDING
    missing: int = 0
    doomed: int = 0
    queued: bool = False
    attempt: int = 0
    taken_back: int = 0
    attempt_limit: int = 2
    not_before: float = 0.0
    hold: Hold | None = None
    in_flight: str | None = None
    program: str | None = None
    error: str = ""
    commit: str | None = None
    spent: Spent = field(default_factory=Spent)
    spent_on: tuple[int, int] = (0, 0)
    number: int | None = None
    url: str | None = None
    summary: str = ""
    changed: int = 0
    concerns: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    waivers: list[str] = field(default_factory=list[str])
    feedback: Facts | None = None
    source: Facts | None = None
    earlier: str | None = None
    keeps: int = 0
    keeping: bool = False
    paused: str = ""
    taken: str = ""
    messages: list[str] = field(default_factory=list[str])
    settled: dict[str, bool] = field(default_factory=dict[str, bool])

    open: bool = False
    start: str | None = None
    requires: tuple[str, ...] = ()
    setup: bool = False
    turn: int = 0
    turn_started: bool = False
    session: str | None = None
    held_turn: int = 0
    questions: dict[int, Facts] = field(default_factory=dict[int, Facts])
    account: str | None = None
    account_wait: AccountWait | None = None
    asks_again: bool = False
    outcome: Facts | None = None
    collected: Facts | None = None
    collect_round: int = 0
    verdicts: dict[str, bool] = field(default_factory=dict[str, bool])
    baseline: dict[str, bool] = field(default_factory=dict[str, bool])
    failures: dict[str, int] = field(default_factory=dict[str, int])
    gate_runs: dict[str, int] = field(default_factory=dict[str, int])
    last_red: Facts | None = None
    conflicts: int = 0
    opened: bool = False
    stopping: str = ""
    stop_asked: bool = False


@dataclass(slots=True)
class LaneState:
    """What is known of a lane. ``candidate`` is the merge with its target that is judged now.

    ``reserved`` is the task that a person has taken, and that it begins next.
    ``merges`` are the tasks that its branch has, as merged, each with the branch's tip before.
    ``stale``: what an earlier run left under its name is not its own, and goes first, pinned.
    ``reset`` is the reset that takes it back now, or has failed to; nothing else begins meanwhile.
    ``seen`` is how its change request was ended on a forge of others, by somebody else.
    ``reverting`` is what is known of a revert under way, ``reverted`` of one that was done.
    """

    id: str
    lane: Lane
    index: int
    upstream: frozenset[str]
    status: WorkstreamStatus = WorkstreamStatus.PENDING
    epoch: int = 1
    in_flight: str | None = None
    program: str | None = None
    hold: Hold | None = None
    error: str = ""
    base: str | None = None
    worktree: str | None = None
    active: str | None = None
    ready: list[tuple[Priority, str]] = field(default_factory=list[tuple[Priority, str]])
    unmerged: int = 0
    movable: int = 0
    last_merged: str | None = None
    merges: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    stale: bool = False
    head: str | None = None
    number: int | None = None
    url: str | None = None
    opened: bool = False
    candidate: Facts | None = None
    verdicts: dict[str, bool] = field(default_factory=dict[str, bool])
    gate_runs: dict[str, int] = field(default_factory=dict[str, int])
    remarks: list[str] = field(default_factory=list[str])
    last_red: Facts | None = None
    approved: Facts | None = None
    landed: str | None = None
    landed_at: int = 0
    seen: Facts | None = None
    reverting: Facts | None = None
    reverted: Facts | None = None
    torn_down: bool = False
    repair: bool = False
    published: bool = False
    paused: str = ""
    reset: Facts | None = None
    reserved: str = ""

    @property
    def target(self) -> str:
        """Return the branch on which the lane lands."""
        return self.lane.spec.merge_target_branch


@dataclass(slots=True)
class Change:
    """A status that an event changed, for those who publish signals and tell people.

    ``attempt`` is that at the task then; another may have begun when this is told.
    """

    workstream: str
    task: str | None
    status: str
    text: str = ""
    attempt: int = 0


@dataclass(slots=True)
class Snapshot:
    """A run as of its last event.

    ``lanes_of_target`` has the lanes that have not landed, ``moment`` is when the last input came.
    ``limits`` has those that a person has set since, by whose they are (`budgets.scope_name`).
    ``spent`` is what the turns of all tasks took.
    ``only`` are the tasks that the run is confined to for now, where it is. ``outcomes`` has what
    came of acts on whose end the answer to a request depends. ``begun`` is when a person last had
    agents started: with the run, or by going on with it. ``tidied_after`` is how it had finished
    before a lane was cleaned or taken back, by which it is not done anew.
    """

    graph: TaskGraph
    run: int
    tasks: dict[str, TaskState]
    lanes: dict[str, LaneState]
    lanes_of_target: dict[str, list[str]]
    downstream: dict[str, list[str]]
    seq: int = 0
    moment: str = ""
    begun: str = ""
    settings: Facts = field(default_factory=dict[str, Any])
    limits: dict[str, Facts] = field(default_factory=dict[str, Any])
    spent: Spent = field(default_factory=Spent)
    starts_agents: bool = True
    only: frozenset[str] | None = None
    paused: str = ""
    stopped: bool = True
    finished: int | None = None
    tidied_after: int | None = None
    waiting_code: int | None = None
    in_flight: dict[str, Event] = field(default_factory=dict[str, Event])
    programs: dict[str, Program] = field(default_factory=dict[str, Program])
    landing: dict[str, str] = field(default_factory=dict[str, str])
    wanting: dict[str, list[tuple[Priority, str, str]]] = field(
        default_factory=lambda: {"agents": [], "gates": []}
    )
    timers: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    requests: dict[str, Event] = field(default_factory=dict[str, Event])
    known_requests: set[str] = field(default_factory=set[str])
    outcomes: dict[str, Facts] = field(default_factory=dict[str, Facts])
    changes: list[Change] = field(default_factory=list[Change])
    open_lanes: int = 0

    @property
    def now(self) -> float:
        """Return the present as Unix time: that of the last input."""
        return parse_rfc3339(self.moment) if self.moment else 0.0

    def epoch(self, lane: str) -> int:
        """Return how often the lane was made, from 1."""
        return self.lanes[lane].epoch


def new_snapshot(graph: TaskGraph, run: int) -> Snapshot:
    """Return the snapshot of a run before its first event."""
    depth = depth_to_end(graph)
    tasks = {
        spec.id: TaskState(
            id=spec.id,
            lane=spec.workstream_id,
            spec=spec,
            priority=(-depth[spec.id], index),
            missing=len(spec.dependencies),
            queued=not spec.dependencies,
            attempt_limit=spec.max_attempts,
        )
        for index, spec in enumerate(graph.tasks)
    }
    upstream = lane_dependencies(graph)
    lanes: dict[str, LaneState] = {}
    targets: dict[str, list[str]] = {}
    downstream: dict[str, list[str]] = {lane.id: [] for lane in graph.lanes}
    for index, lane in enumerate(graph.lanes):
        members = graph.tasks_of[lane.id]
        lanes[lane.id] = LaneState(
            id=lane.id,
            lane=lane,
            index=index,
            upstream=upstream[lane.id],
            unmerged=len(members),
            movable=len(members),
            ready=sorted(
                (tasks[task.id].priority, task.id) for task in members if not task.dependencies
            ),
        )
        targets.setdefault(lane.spec.merge_target_branch, []).append(lane.id)
        for other in upstream[lane.id]:
            downstream[other].append(lane.id)
    return Snapshot(graph, run, tasks, lanes, targets, downstream, open_lanes=len(lanes))


def waits_for_account(task: TaskState) -> bool:
    """Tell whether a task waits for its agent's account, by itself or until a person resumes."""
    return task.account_wait is not None or (task.hold is not None and task.hold.kind == ACCOUNT)
