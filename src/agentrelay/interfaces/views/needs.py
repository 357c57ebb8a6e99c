"""What waits for a person, and the commands that answer it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from agentrelay._shared.text import format_duration, named
from agentrelay.engine import budgets
from agentrelay.engine.fold_lanes import IGNORED_FILES
from agentrelay.engine.lane_rules import reverted_upstream
from agentrelay.engine.pauses import Pause, in_force, pause_of_task
from agentrelay.engine.settle import waits_for_person
from agentrelay.engine.snapshot import (
    ACCOUNT,
    RED_BEFORE,
    Hold,
    LaneState,
    Snapshot,
    TaskState,
)
from agentrelay.graph.naming import name_of_lane, name_of_task
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

FAILED = "failed"
"""The kind of a need that is no hold: something ended badly."""
ONLY = "only"
"""The kind of the need of a run that was confined to some tasks, and has done its part."""
PERMISSION = "permission"
"""The kind of the need of an agent that waits to be allowed something."""
_ENDED = (TaskStatus.FAILED, TaskStatus.CANCELLED)

_ANSWERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "approval": ("diff {}", "approve {}", "reject {} -m TEXT"),
        "conflict": ("retry {}", "reset {}"),
        "rejected": ("retry {}", "approve {}", "cancel {}"),
        RED_BEFORE: ("retry {} -m TEXT", "approve {}"),
        FAILED: ("logs {}", "retry {} -m TEXT"),
    }
)
"""What people may answer to a need of a kind, where that is more than one thing."""


@dataclass(frozen=True)
class Need:
    """Something that only a person moves: ``id`` names it, ``command`` answers it.

    Where there are several answers (``answers``), it is the one that asks least of a person.
    ``kind`` is a hold's kind, ``permission``, ``taken``, ``paused``, ``failed``, or for the run
    itself ``interrupted``, ``ready`` or ``only``.
    """

    kind: str
    id: str
    command: str
    reason: str


def needs_you(s: Snapshot) -> Iterator[Need]:
    """Give what people are to decide: waits first, then what failed and was not cleaned up."""
    lanes = [need for lane in s.lanes.values() if (need := need_of_lane(s, lane))]
    tasks = [need for task in s.tasks.values() for need in _needs_of_task(s, task)]
    for need in (*lanes, *tasks):
        if need.kind != FAILED:
            yield need
    for pause in in_force(s):
        yield need_of_pause(s, pause)
    yield from _failures(s)
    if keeps_to_chosen(s):
        left = [task.id for task in s.tasks.values() if task.status is TaskStatus.PENDING]
        reason = f"{named('task', left)} not asked for by --only"
        yield Need(ONLY, s.graph.name, f"agentrelay resume {s.graph.name}", reason)


def keeps_to_chosen(s: Snapshot) -> bool:
    """Tell whether a run rests because the tasks that it is confined to are through."""
    return s.waiting_code is not None and s.only is not None and not waits_for_person(s)


def need_of_lane(s: Snapshot, lane: LaneState) -> Need | None:
    """Return what people are to decide about a lane itself, None where that is nothing."""
    if lane.hold is not None:
        return Need(lane.hold.kind, lane.id, _lane_command(s, lane, lane.hold), lane.hold.reason)
    members = [s.tasks[task.id] for task in s.graph.tasks_of[lane.id]]
    by_tasks = any(task.status in _ENDED or task.doomed for task in members)
    if lane.status is not WorkstreamStatus.FAILED or by_tasks:
        return None
    return Need(FAILED, lane.id, f"agentrelay retry {name_of_lane(s.graph, lane.id)}", lane.error)


def _needs_of_task(s: Snapshot, task: TaskState) -> Iterator[Need]:
    """Give all that people are to decide about a task: an agent may ask several things at once."""
    if task.hold is None and task.questions:
        yield from (need_of_question(s, task, number) for number in sorted(task.questions))
    elif (need := need_of_task(s, task)) is not None:
        yield need


def need_of_task(s: Snapshot, task: TaskState) -> Need | None:
    """Return what people are to decide about a task first, None where that is nothing."""
    if task.hold is not None:
        hold = task.hold
        return Need(hold.kind, task.id, _task_command(s, task, hold), _task_reason(s, task, hold))
    if task.questions:
        return need_of_question(s, task, min(task.questions))
    if task.taken:
        command = f"agentrelay give {name_of_task(s.graph, task.id)}"
        return Need("taken", task.id, command, f"{task.taken} works on it")
    if task.status is not TaskStatus.FAILED:
        return None
    return Need(FAILED, task.id, f"agentrelay retry {name_of_task(s.graph, task.id)}", task.error)


def need_of_question(s: Snapshot, task: TaskState, number: int) -> Need:
    """Return the need of a question with which an agent waits."""
    command = f"agentrelay answer {name_of_task(s.graph, task.id)} --question {number} allow"
    return Need(PERMISSION, task.id, command, asked_by(task, number))


def asked_by(task: TaskState, number: int) -> str:
    """Return what an agent wants to be allowed, and until when it waits for that."""
    question = task.questions[number]
    return f"permission to {question['text']}, until {question['until'][:16].replace('T', ' ')} UTC"


def need_of_pause(s: Snapshot, pause: Pause) -> Need:
    """Return the need of what somebody has paused."""
    name, full = s.graph.name, f"graph:{s.graph.name}"
    if pause.task is not None:
        name, full = pause.task, name_of_task(s.graph, pause.task)
    elif pause.lane is not None:
        name, full = pause.lane, name_of_lane(s.graph, pause.lane)
    return Need("paused", name, f"agentrelay unpause {full}", f"paused by {pause.by}")


def answers(need: Need) -> tuple[str, ...]:
    """Return the commands among which a person chooses, in the order to think of them."""
    if need.kind == PERMISSION:
        return (need.command, need.command.removesuffix("allow") + "deny -m TEXT")
    program, _, name = need.command.split(" ", 2)
    forms = _ANSWERS.get(need.kind)
    return tuple(f"{program} {form.format(name)}" for form in forms) if forms else (need.command,)


def interrupted(graph: str, reason: str) -> Need:
    """Return the need of a run that nobody carries on."""
    return Need("interrupted", graph, f"agentrelay resume {graph}", reason)


def ready(s: Snapshot) -> Need:
    """Return the need of a run that could go on, and that nobody carries on as yet."""
    what = ", ".join(ready_tasks(s)) or "it"
    reason = f"{what} can go on, once somebody carries the run on"
    return Need("ready", s.graph.name, f"agentrelay resume {s.graph.name}", reason)


def ready_tasks(s: Snapshot) -> list[str]:
    """Return the tasks that an agent could begin, or go on with, if the run were carried on."""
    lanes = [lane for lane in s.lanes.values() if lane.hold is None]
    ended = (WorkstreamStatus.MERGED, WorkstreamStatus.FAILED)
    queued = [name for lane in lanes if lane.status not in ended for _, name in sorted(lane.ready)]
    under_way = [t.id for t in s.tasks.values() if t.open and not (t.stopping or t.taken or t.hold)]
    found = [s.tasks[name] for name in dict.fromkeys([*queued, *under_way])]
    return [t.id for t in found if t.status not in _ENDED and pause_of_task(s, t) is None]


def _failures(s: Snapshot) -> Iterator[Need]:
    for lane in s.lanes.values():
        if lane.torn_down:
            continue
        members = [need_of_task(s, s.tasks[task.id]) for task in s.graph.tasks_of[lane.id]]
        for need in (*members, need_of_lane(s, lane)):
            if need is not None and need.kind == FAILED:
                yield need


def _limit_command(s: Snapshot, task: TaskState) -> str:
    """Return the command that doubles the limit that was reached."""
    # A program that kept to its limit by itself may not have used up all of it.
    found = budgets.find_overrun(s, task) or budgets.find_cost_bound(s, task)
    if found is None:
        return f"agentrelay limit {name_of_task(s.graph, task.id)} cost_usd=2"
    if found.task is not None:
        name = name_of_task(s.graph, found.task)
    else:
        name = (
            name_of_lane(s.graph, found.lane) if found.lane is not None else f"graph:{s.graph.name}"
        )
    twice = 2 * found.limit
    value = format_duration(round(twice)) if found.key == "time" else f"{twice:.12g}"
    return f"agentrelay limit {name} {found.key}={value}"


def _lane_command(s: Snapshot, lane: LaneState, hold: Hold) -> str:
    if lane.reset is not None:
        return f"agentrelay resume {s.graph.name}"
    if hold.kind == "approval":
        return f"agentrelay approve {name_of_lane(s.graph, lane.id)}"
    if hold.kind == IGNORED_FILES:
        return f"agentrelay clean {name_of_lane(s.graph, lane.id)} --drop-ignored"
    if hold.kind == "upstream":
        failed = [n for n in lane.upstream if s.lanes[n].status is WorkstreamStatus.FAILED]
        if not failed and reverted_upstream(s, lane):
            return f"agentrelay approve {name_of_lane(s.graph, lane.id)}"
        return f"agentrelay retry {name_of_lane(s.graph, min(failed, default=lane.id))}"
    return f"agentrelay retry {name_of_lane(s.graph, lane.id)}"


def _task_reason(s: Snapshot, task: TaskState, hold: Hold) -> str:
    if hold.kind != RED_BEFORE:
        return hold.reason
    return f"{hold.reason}; agentrelay approve {name_of_task(s.graph, task.id)} would waive it"


def _task_command(s: Snapshot, task: TaskState, hold: Hold) -> str:
    if hold.kind == "given":
        return f"agentrelay take {name_of_task(s.graph, task.id)}"
    if hold.kind == budgets.HOLD:
        return _limit_command(s, task)
    if hold.kind == ACCOUNT:
        return f"agentrelay resume {s.graph.name}"
    return f"agentrelay retry {name_of_task(s.graph, task.id)}"
