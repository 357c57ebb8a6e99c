"""Whether a run goes on: it is progressing, waits for a named thing, or is finished.

Anything else is a bug of ours, and says so instead of sitting there.
"""

from __future__ import annotations

from agentrelay.engine.effect import EffectKind
from agentrelay.engine.fold_lanes import IGNORED_FILES
from agentrelay.engine.pauses import in_force
from agentrelay.engine.progress import lanes_in_turn, standstill
from agentrelay.engine.snapshot import Program, Snapshot
from agentrelay.errors import InternalError
from agentrelay.journal.event import RUN_FINISHED, RUN_WAITING, Draft
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

DONE = 0
FAILURES = 1
WAITS_FOR_PERSON = 5


def settle(s: Snapshot, since: int) -> Draft | None:
    """Return the event that ends the run or says that only people can move it, or None.

    ``since`` is the first event of the step that ends here. InternalError where a lane stands
    still without a reason: each is looked at before the run rests, and some after each step.
    """
    if s.stopped or s.finished is not None or s.waiting_code is not None:
        return None
    is_resting = not is_busy(s)
    why = standstill(s, s.lanes.values() if is_resting else lanes_in_turn(s, since))
    if why is not None:
        raise _bug(s, why)
    return _rest(s) if is_resting else None


def _rest(s: Snapshot) -> Draft | None:
    if s.open_lanes == 0:
        return Draft(RUN_FINISHED, data={"code": FAILURES if has_failures(s) else DONE})
    if waits_for_person(s):
        return Draft(RUN_WAITING, data={"code": FAILURES if has_failures(s) else WAITS_FOR_PERSON})
    if s.only is not None:
        return Draft(RUN_WAITING, data={"code": _code_of_chosen(s, s.only)})
    if not s.starts_agents:
        return None
    raise _bug(s, "nothing runs and nothing is awaited, but the run is not finished")


def _code_of_chosen(s: Snapshot, only: frozenset[str]) -> int:
    """Return how a run that was confined to some tasks has ended."""
    return DONE if all(s.tasks[name].status is TaskStatus.MERGED for name in only) else FAILURES


def is_busy(s: Snapshot) -> bool:
    """Tell whether something runs, is being done, or will go on at a known time."""
    return bool(s.in_flight or s.programs or s.timers or any(s.wanting.values()))


def is_awaited(s: Snapshot, program: Program) -> bool:
    """Tell whether a run that starts no agents stays until a program has ended."""
    is_taken = program.task is not None and bool(s.tasks[program.task].taken)
    return is_taken or program.kind == EffectKind.GATE_START


def waits_for_person(s: Snapshot) -> bool:
    """Tell whether a task or lane waits for a person, or one has paused it."""
    holds = [lane.hold for lane in s.lanes.values() if lane.hold is not None]
    if any(hold.kind != IGNORED_FILES for hold in holds):
        return True
    return any(task.hold or task.taken for task in s.tasks.values()) or any(in_force(s))


def has_failures(s: Snapshot) -> bool:
    """Tell whether a lane failed or a task did not get done."""
    return any(lane.status is WorkstreamStatus.FAILED for lane in s.lanes.values()) or any(
        task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED) for task in s.tasks.values()
    )


def _bug(s: Snapshot, why: str) -> InternalError:
    lanes = [f"{lane.id} {lane.status.value}" for lane in s.lanes.values()]
    tasks = [
        f"{task.id} {task.status.value} missing={task.missing} open={task.open}"
        for task in s.tasks.values()
        if task.status is not TaskStatus.MERGED
    ]
    message = f"{why}: lanes [{'; '.join(lanes[:20])}], tasks [{'; '.join(tasks[:20])}]"
    return InternalError(message, hint="please report this, with the run's journal.jsonl")
