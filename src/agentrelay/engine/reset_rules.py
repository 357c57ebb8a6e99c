"""What `reset` takes back: a task or lane, all that was merged after it, all that depends on it.

A lane's branch goes back to before the first merge that goes, so the tasks merged later in it go
too; so does every task that depends on one of these, with its own lane likewise. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from agentrelay.engine.effect import EffectKind, intent
from agentrelay.engine.layout import integration_branch
from agentrelay.engine.snapshot import Facts, LaneState, Snapshot, TaskState
from agentrelay.graph.naming import name_of_lane, name_of_task
from agentrelay.journal.event import Draft
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

W = WorkstreamStatus


@dataclass(frozen=True)
class Reset:
    """What goes: the tasks, in the graph's order, and the lanes that are touched by it.

    ``name`` is how people call what they named, ``first`` the lane of that. ``whole`` is the lane
    that is to be as if it had never begun, ``cuts`` has for each lane whose branch goes back which
    of its merges is the first to go. ``others`` are lanes with tasks that depend on what goes and
    have not begun: nothing of theirs goes, but none may begin meanwhile.
    """

    name: str
    first: str
    tasks: tuple[TaskState, ...]
    lanes: tuple[LaneState, ...]
    others: tuple[LaneState, ...] = ()
    whole: str | None = None
    cuts: dict[str, int] = field(default_factory=dict[str, int])

    def to(self, lane: LaneState) -> str | None:
        """Return where a lane's branch is afterwards, None where it stays or goes whole."""
        is_cut = lane.id != self.whole and lane.id in self.cuts
        return lane.merges[self.cuts[lane.id]][1] if is_cut else None

    def taken(self, lane: LaneState) -> list[tuple[str, str]]:
        """Return the merges that go, each as the task and the branch's tip before."""
        return lane.merges[self.cuts.get(lane.id, len(lane.merges)) :]

    @property
    def names(self) -> str:
        """Return the tasks and lanes as one text, by which a person's consent is bound to them."""
        lanes = (f"lane:{lane.id}" for lane in self.lanes)
        return " ".join((*(task.id for task in self.tasks), *lanes))


def what_goes(s: Snapshot, task: str | None, lane: str | None) -> Reset:
    """Return what a reset of a task, or else of a lane, takes back, whether it may or not."""
    cuts: dict[str, int] = {} if lane is None else {lane: 0}
    todo = [task] if task else [spec.id for spec in s.graph.tasks_of[lane or ""]]
    goes: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in goes:
            goes.add(name)
            todo += s.graph.dependents[name]
            todo += _merged_later(s, name, cuts)
    begun = [t for t in s.tasks.values() if t.id in goes and (t.id == task or is_begun(t))]
    first = lane or s.tasks[task or ""].lane
    touched = {first, *(t.lane for t in begun)}
    waiting = {s.tasks[name].lane for name in goes} - touched
    return Reset(
        f"task {task}" if task else f"lane {lane}",
        first,
        tuple(begun),
        tuple(each for each in s.lanes.values() if each.id in touched),
        tuple(each for each in s.lanes.values() if each.id in waiting),
        lane,
        cuts,
    )


def is_begun(task: TaskState) -> bool:
    """Tell whether there is something of a task that could be taken back."""
    return (
        task.status is not TaskStatus.PENDING
        or task.attempt > task.taken_back
        or task.commit is not None
    )


def refusal(s: Snapshot, reset: Reset) -> str | None:
    """Return why a reset can't be, by what is known of the run; None where it can."""
    refusals = (
        *(_of_lane(s, lane) for lane in reset.lanes),
        *(_landed_on(s, s.lanes[name]) for name in reset.cuts),
        *(_at_work(s, task) for task in reset.tasks),
        *(_unfinished(s, lane) for lane in (*reset.lanes, *reset.others)),
        None if any(map(is_begun, reset.tasks)) or _was_provided(s, reset) else _nothing(reset),
    )
    return next((why for why in refusals if why is not None), None)


def is_waited_for(s: Snapshot, reset: Reset) -> bool:
    """Tell whether an act is under way on what would go."""
    lanes = (*reset.lanes, *reset.others)
    active = [s.tasks[lane.active] for lane in reset.lanes if lane.active is not None]
    return any(lane.in_flight or is_under_way(s, lane) for lane in lanes) or any(
        task.in_flight or task.keeping for task in (*reset.tasks, *active)
    )


def is_busy(s: Snapshot, lane: LaneState) -> bool:
    """Tell whether an act is under way on a lane: its own, or a reset that it is part of."""
    return bool(lane.in_flight) or is_under_way(s, lane)


def is_under_way(s: Snapshot, lane: LaneState) -> bool:
    """Tell whether a lane is being taken back now."""
    return lane.reset is not None and s.lanes[lane.reset["first"]].in_flight is not None


def effect(s: Snapshot, reset: Reset, *, request: str, asked: int, by: str) -> Draft:
    """Return the command that takes it all back; ``asked`` is the place of the request."""
    return _announced(
        s,
        {
            "first": reset.first,
            "request": request,
            "asked": asked,
            "reason": f"{reset.name} was reset by {by}",
            "by": by,
            "tasks": [_task_facts(task) for task in reset.tasks],
            "lanes": [
                *(_facts(s, reset, lane) for lane in reset.lanes),
                *({**_facts(s, reset, lane), "is_other": True} for lane in reset.others),
            ],
        },
    )


def carried_on(s: Snapshot, lane: LaneState, data: Facts) -> Iterator[Draft]:
    """Give the command that tries a reset again which has failed: its first lane tells it."""
    if data["first"] == lane.id:
        yield _announced(s, data)


def _announced(s: Snapshot, data: Facts) -> Draft:
    lane = s.lanes[data["first"]]
    facts = {name: value for name, value in data.items() if name not in ("key", "kind")}
    return intent(EffectKind.LANE_RESET, s.run, lane.id, lane.epoch, round_=s.seq, data=facts)


def _merged_later(s: Snapshot, name: str, cuts: dict[str, int]) -> Iterator[str]:
    """Give what is in its lane's branch beside a task that goes, and goes with it; note where."""
    lane = s.lanes[s.tasks[name].lane]
    places = [index for index, (task, _) in enumerate(lane.merges) if task == name]
    if not places:
        return
    cuts[lane.id] = min(places[0], cuts.get(lane.id, places[0]))
    yield from (task for task, _ in lane.merges[cuts[lane.id] :])
    if lane.active is not None:
        # What is worked at now began on top of what goes.
        yield lane.active


def _of_lane(s: Snapshot, lane: LaneState) -> str | None:
    if lane.status is W.MERGED and lane.landed is None:
        return f"lane {lane.id} is done, and had nothing to land"
    if lane.reverted is not None:
        return f"lane {lane.id} was reverted: agentrelay run --accept-changes has it done again"
    if lane.status is W.MERGED:
        revert = f"agentrelay revert {name_of_lane(s.graph, lane.id)}"
        return f"lane {lane.id} has landed: {revert} takes a landing back"
    if lane.program is not None:
        return f"a gate of lane {lane.id} runs now: reset it when that has ended"
    return None


def _landed_on(s: Snapshot, lane: LaneState) -> str | None:
    """Say which lane has landed on the branch of another, which would lose that."""
    branch = integration_branch(s.graph.name, lane.id)
    landed = [o.id for o in s.lanes.values() if o.target == branch and o.status is W.MERGED]
    return f"lane {landed[0]} has landed on lane {lane.id}" if landed else None


def _at_work(s: Snapshot, task: TaskState) -> str | None:
    if task.taken:
        give = f"agentrelay give {name_of_task(s.graph, task.id)}"
        return f"{task.taken} works on task {task.id}: {give} first"
    if task.program is None:
        return None
    cancel = f"agentrelay cancel {name_of_task(s.graph, task.id)}"
    return f"task {task.id} is being worked at: {cancel} first"


def _unfinished(s: Snapshot, lane: LaneState) -> str | None:
    if lane.reset is None or is_under_way(s, lane):
        return None
    again = f"agentrelay resume {s.graph.name} tries it again"
    return f"an earlier reset of lane {lane.id} is not finished: {again}"


def _was_provided(s: Snapshot, reset: Reset) -> bool:
    return reset.whole is not None and s.lanes[reset.whole].base is not None


def _nothing(reset: Reset) -> str:
    return f"{reset.name} has not begun: there is nothing to take back"


def _task_facts(task: TaskState) -> Facts:
    # What an earlier run did may have been a task of another name then.
    was = (task.source or {}).get("task", task.id)
    return {"id": task.id, "lane": task.lane, "attempt": task.attempt, "was": was}


def _facts(s: Snapshot, reset: Reset, lane: LaneState) -> Facts:
    whole, taken = lane.id == reset.whole, reset.taken(lane)
    commits = [(s.tasks[name].commit, before) for name, before in taken]
    is_there = lane.base is not None and not whole
    return {
        "id": lane.id,
        "whole": whole,
        "to": reset.to(lane),
        "status": (W.ACTIVE if is_there else W.PENDING).value,
        "taken": [before for _, before in taken],
        "merged": [commit for commit, before in commits if commit and commit != before],
    }
