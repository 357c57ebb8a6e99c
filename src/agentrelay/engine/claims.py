"""What a run's journal says was once seen or done, as claims that git must be able to prove."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from agentrelay.engine.effect import EffectKind
from agentrelay.engine.snapshot import Snapshot
from agentrelay.journal.event import EFFECT_DONE, EFFECT_INTENT, Data, Event
from agentrelay.task.core.task import TaskStatus

K = EffectKind


@dataclass(frozen=True, slots=True)
class Seen:
    """A commit at which an attempt or a lane once was: some ref must lead to it."""

    commit: str
    lane: str
    task: str | None
    attempt: int | None
    what: str

    @property
    def whose(self) -> str:
        """Return whose state it is, for people."""
        if self.task is None:
            return f"lane {self.lane}"
        return f"task {self.task}, attempt {self.attempt}"


@dataclass(frozen=True, slots=True)
class Contained:
    """A commit that must be in a branch: ``holder`` is that branch, or a commit once at its tip."""

    commit: str
    name: str
    holder: str
    place: str


def seen_in(events: Iterable[Event]) -> Iterator[Seen]:
    """Give every state of an attempt or lane that a journal tells of."""
    for event in events:
        for what, commit in _told(event):
            if commit:
                yield Seen(str(commit), event.workstream or "", event.task, event.attempt, what)


def done_tasks(s: Snapshot, tips: dict[str, str]) -> Iterator[Contained]:
    """Give the tasks that are done: each is in its lane, whose branch ``tips`` gives.

    Of a lane that has landed, or whose branch is gone, what landed or its last head counts. Not
    those that are being taken back: their lanes may have lost them by now.
    """
    resets = [lane.reset for lane in s.lanes.values() if lane.reset is not None]
    going = {facts["id"] for reset in resets for facts in reset["tasks"]}
    for task in s.tasks.values():
        if task.id in going:
            continue
        lane = s.lanes[task.lane]
        holder = lane.landed or tips.get(lane.id) or lane.head
        if task.status is TaskStatus.MERGED and task.commit and holder:
            yield Contained(task.commit, f"task {task.id}", holder, f"lane {lane.id}")


def landed_lanes(s: Snapshot) -> Iterator[Contained]:
    """Give the lanes that have landed: each is in its target branch."""
    for lane in s.lanes.values():
        if lane.landed:
            yield Contained(lane.landed, f"lane {lane.id}", lane.target, lane.target)


def _told(event: Event) -> Iterator[tuple[str, object]]:
    if event.type == EFFECT_DONE:
        return _RULES.get(event.data["kind"], _nothing)(event.data)
    if event.type == EFFECT_INTENT and event.data["kind"] == K.GATE_START:
        return iter([(f'what gate "{event.data["gate"]}" judged', event.data["commit"])])
    return _nothing(event.data)


def _nothing(data: Data) -> Iterator[tuple[str, object]]:
    del data
    return iter(())


def _fields(*names: tuple[str, str]) -> Callable[[Data], Iterator[tuple[str, object]]]:
    def give(data: Data) -> Iterator[tuple[str, object]]:
        for name, what in names:
            yield what, data.get(name)

    return give


def _taken_back(data: Data) -> Iterator[tuple[str, object]]:
    for commit in data.get("kept", ()):
        yield "what was taken back", commit


_RULES: dict[str, Callable[[Data], Iterator[tuple[str, object]]]] = {
    K.LANE_PREPARE: _fields(("head", "where it started")),
    K.LANE_CANDIDATE: _fields(("commit", "the merge with its target"), ("head", "its head")),
    K.LANE_ADOPT: _fields(("head", "what a person added")),
    K.LANE_LAND: _fields(("commit", "what landed")),
    K.REVERT_MAKE: _fields(("commit", "the revert of what landed")),
    K.ATTEMPT_START: _fields(("start", "where it started")),
    K.TURN_KEEP: _fields(("pinned", "what was not committed yet")),
    K.TURN_COLLECT: _fields(
        ("commit", "what a turn made"), ("candidate", "its merge"), ("pinned", "what it left")
    ),
    K.TASK_MERGE: _fields(("commit", "what was merged")),
    K.LANE_RESET: _taken_back,
}
