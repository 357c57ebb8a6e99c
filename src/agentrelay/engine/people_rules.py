"""What people may ask for, and what follows: approve, reject, retry, cancel, clean, reset, revert.

A request names a task or a lane. It is answered at once, or kept until an act that is under way
on what it names has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agentrelay.agent.core.accounts import shown_account
from agentrelay.engine import (
    attended_rules,
    budgets,
    ending_rules,
    question_rules,
    reset_rules,
    revert_rules,
    taking_rules,
)
from agentrelay.engine.answers import granted, refused
from agentrelay.engine.effect import EffectKind, intent
from agentrelay.engine.snapshot import (
    RED_BEFORE,
    LaneState,
    Snapshot,
    TaskState,
    waits_for_account,
)
from agentrelay.graph.naming import name_of_lane
from agentrelay.journal import event as ev
from agentrelay.journal.event import Data, Draft, Event
from agentrelay.task.core.task import BUDGETS, TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

W = WorkstreamStatus

APPROVABLE = frozenset({"approval", "upstream", "rejected"})
"""Kinds of holds that an approval ends; one of what was rejected takes the rejection back."""


def answer(s: Snapshot) -> Iterator[Draft]:
    """Give what follows from the requests that can be answered now, and their answers."""
    for request in list(s.requests.values()):
        if (why := _misfit(s, request)) is not None:
            yield refused(request, why)
        elif request.data["id"] in s.outcomes or not _is_blocked(s, request):
            yield from _RULES[request.data["verb"]](s, request)


def _misfit(s: Snapshot, request: Event) -> str | None:
    """Say why a request can mean nothing here: any program may write into the inbox."""
    verb, task, lane = request.data["verb"], request.task, request.workstream
    unsaid = task is None and not request.data["approval"].keys() >= _APPROVED
    problems = {
        f"there is no request {verb}": verb not in _RULES,
        f"there is no task {task}": task is not None and task not in s.tasks,
        f"there is no lane {lane}": lane is not None and lane not in s.lanes,
        f"{verb} names no task or lane": lane is None and task is None and verb not in _OF_RUNS,
        f"{verb} is about a lane": lane is None and verb in _OF_LANES,
        "the approval does not say what it is for": verb == "approve" and unsaid,
        "it does not say which landing": verb == revert_rules.VERB
        and "landed" not in request.data["approval"],
    }
    return next((text for text, is_so in problems.items() if is_so), None)


def _is_blocked(s: Snapshot, request: Event) -> bool:
    if request.data["verb"] in _AT_ONCE:
        return False
    if request.data["verb"] in _OF_THE_ACTIVE and request.task is None:
        lane = s.lanes[request.workstream or ""]
        return reset_rules.is_busy(s, lane) or bool(lane.active and s.tasks[lane.active].in_flight)
    if request.task is not None:
        task = s.tasks[request.task]
        return bool(task.in_flight) or reset_rules.is_busy(s, s.lanes[task.lane])
    return request.workstream is not None and _is_lane_busy(s, s.lanes[request.workstream], request)


def _is_lane_busy(s: Snapshot, lane: LaneState, request: Event) -> bool:
    """Tell whether a lane can't be asked now; what lands or is taken back has the target alone."""
    waits = request.data["verb"] == revert_rules.VERB and lane.status is W.MERGED
    taken = waits and (
        s.landing.get(lane.target, lane.id) != lane.id or revert_rules.lands_on_top(s, lane)
    )
    return reset_rules.is_busy(s, lane) or bool(lane.reverting or taken)


def _approve(s: Snapshot, request: Event) -> Iterator[Draft]:
    if request.task is not None:
        yield from _waive(request, s.tasks[request.task])
        return
    lane = s.lanes[request.workstream or ""]
    if (why := _not_approvable(lane, request.data)) is not None:
        yield refused(request, why)
        return
    data = {**request.data["approval"], "number": lane.number, "by": request.data["by"]}
    yield _lane_intent(
        s, lane, EffectKind.LANE_APPROVE, {**data, "time": request.time}, request.seq
    )
    yield granted(request, f"lane {lane.id} is approved")


def _not_approvable(lane: LaneState, data: Data) -> str | None:
    if lane.status is W.MERGED:
        return f"lane {lane.id} has landed already"
    if lane.hold is None or lane.hold.kind not in APPROVABLE:
        why = f": {lane.hold.reason}" if lane.hold else ""
        return f"lane {lane.id} does not wait for an approval{why}"
    if lane.head != data["approval"]["head"]:
        return f"lane {lane.id} has changed since it was shown; look at it again"
    return None


def _waive(request: Event, task: TaskState) -> Iterator[Draft]:
    if task.hold is None or task.hold.kind != RED_BEFORE:
        yield refused(request, f"task {task.id} does not wait for an approval")
        return
    red = next(name for name, passed in task.verdicts.items() if not passed)
    data = {"waived": red, "by": request.data["by"]}
    yield Draft(ev.TASK_RELEASED, task.lane, task.id, data=data)
    yield granted(request, f'task {task.id} goes on although gate "{red}" is red')


def _reject(s: Snapshot, request: Event) -> Iterator[Draft]:
    lane = s.lanes[request.workstream or ""]
    if lane.status is not W.PR_CREATED or lane.program:
        yield refused(request, f"lane {lane.id} is {lane.status.value}: there is nothing to reject")
        return
    text = f"rejected: {request.data['text']}"
    yield Draft(ev.LANE_HELD, lane.id, data={"kind": "rejected", "reason": text})
    name = name_of_lane(s.graph, lane.id)
    others = f"agentrelay approve {name} takes that back, agentrelay cancel {name} ends the lane"
    again = f"agentrelay retry {name} sends it back"
    yield granted(request, f"lane {lane.id} is kept; {again}, {others}")


def _retry(s: Snapshot, request: Event) -> Iterator[Draft]:
    if request.task is not None:
        yield from _retry_task(s, request, s.tasks[request.task])
        return
    lane = s.lanes[request.workstream or ""]
    if lane.status is W.MERGED and request.seq < lane.landed_at:
        # What kept it had gone, so it was tried again as the run went on, before this was read.
        yield granted(request, f"lane {lane.id} has landed")
    elif lane.status is W.MERGED:
        yield refused(request, f"lane {lane.id} has landed already")
    elif lane.status is W.FAILED:
        yield from _retry_failed_lane(s, request, lane)
    elif lane.hold is None:
        yield refused(request, f"lane {lane.id} waits for nobody")
    elif lane.hold.kind == "conflict" and request.data["text"]:
        why = "no agent resolves a conflict, so there is nobody to tell that"
        yield refused(request, f"{why}; {lane.hold.reason}")
    elif lane.hold.kind in ("conflict", "red_gate", "rejected", "approval"):
        data: dict[str, object] = {"hold": lane.hold.kind, "reason": lane.hold.reason}
        data["text"] = request.data["text"]
        data |= {"head": lane.head, "candidate": (lane.candidate or {}).get("commit")}
        yield _lane_intent(s, lane, EffectKind.LANE_ADOPT, data, request.seq)
        yield granted(request, f"lane {lane.id}: its worktree is looked at")
    else:
        yield Draft(ev.LANE_RELEASED, lane.id)
        yield granted(request, f"lane {lane.id} goes on")


def _retry_failed_lane(s: Snapshot, request: Event, lane: LaneState) -> Iterator[Draft]:
    members = [s.tasks[task.id] for task in s.graph.tasks_of[lane.id]]
    ended = [t for t in members if t.status in (TaskStatus.FAILED, TaskStatus.CANCELLED)]
    if not ended and lane.base is not None and any(task.doomed for task in members):
        yield refused(request, f"lane {lane.id} depends on a failed task; retry that one")
        return
    for task in ended:
        yield _reopen(task, request.data["text"] or task.error)
    status = W.PENDING if lane.base is None else W.ACTIVE
    yield _lane_intent(s, lane, EffectKind.LANE_REOPEN, {"status": status.value}, request.seq)
    if not ended and request.data["text"] and lane.last_merged is not None:
        # All was done when it was closed: who did the last of it is told.
        yield _reopen(s.tasks[lane.last_merged], request.data["text"])
    yield from _reopen_doomed_lanes(s, lane, request)
    yield granted(request, f"lane {lane.id} goes on")


def _retry_task(s: Snapshot, request: Event, task: TaskState) -> Iterator[Draft]:
    goes_on = not request.data["text"]
    waits_for_budget = task.hold is not None and task.hold.kind == budgets.HOLD
    if goes_on and waits_for_account(task):
        yield _asking_again(task)
        yield granted(request, f"task {task.id} tries its account again")
    elif waits_for_budget and (overrun := budgets.find_overrun(s, task)) is not None:
        yield refused(request, f"{overrun.reason}: agentrelay limit sets another limit")
    elif goes_on and waits_for_budget:
        yield _asking_again(task)
        yield granted(request, f"task {task.id} goes on")
    elif (why := _not_retried(s, task)) is not None:
        yield refused(request, why)
    else:
        yield from _try_anew(s, request, task)


def _not_retried(s: Snapshot, task: TaskState) -> str | None:
    """Return why a task gets no other attempt now; None where it does."""
    lane = s.lanes[task.lane]
    waits = task.hold or task.taken or task.account_wait is not None
    if task.program or task.keeping or (task.open and not waits):
        return f"task {task.id} is {task.status.value}"
    if task.status is TaskStatus.PENDING and not (task.hold or task.taken):
        return f"task {task.id} has not failed; it is still to be run"
    if task.doomed:
        return f"task {task.id} depends on a task that failed; retry that one"
    if task.status is TaskStatus.MERGED and (lane.status is W.MERGED or lane.program):
        return f"task {task.id} is merged, and its lane lands or has landed"
    return None


def _try_anew(s: Snapshot, request: Event, task: TaskState) -> Iterator[Draft]:
    lane = s.lanes[task.lane]
    why = lane.hold.reason if lane.hold else task.error
    yield _reopen(task, request.data["text"] or why)
    yield from _take_back_lane(s, request, task)
    yield granted(request, f"task {task.id} gets another attempt")


def _take_back_lane(s: Snapshot, request: Event, task: TaskState) -> Iterator[Draft]:
    """Let the lane of a task that was reopened go on, and those that failed because of it."""
    lane = s.lanes[task.lane]
    if lane.status is not W.ACTIVE:
        status = W.PENDING if lane.base is None else W.ACTIVE
        yield _lane_intent(s, lane, EffectKind.LANE_REOPEN, {"status": status.value}, request.seq)
    yield from _reopen_doomed_lanes(s, lane, request)


def _take(s: Snapshot, request: Event) -> Iterator[Draft]:
    task = taking_rules.task_to_take(s, request)
    if task is None:
        yield refused(request, f"lane {request.workstream} has no task to be worked at now")
    elif (why := taking_rules.refusal(s, task)) is not None:
        yield refused(request, why)
    elif task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED):
        yield _reopen(task, task.error)
        yield from _take_back_lane(s, request, task)
        yield from taking_rules.take(request, task)
    else:
        yield from taking_rules.take(request, task)


def _reopen_doomed_lanes(s: Snapshot, reopened: LaneState, request: Event) -> Iterator[Draft]:
    """Let lanes live again that failed only because a task of ``reopened`` had."""
    for lane in s.lanes.values():
        if lane is not reopened and lane.status is W.FAILED and lane.movable and not lane.in_flight:
            status = W.PENDING if lane.base is None else W.ACTIVE
            data = {"status": status.value}
            yield _lane_intent(s, lane, EffectKind.LANE_REOPEN, data, request.seq)


def _resume(s: Snapshot, request: Event) -> Iterator[Draft]:
    waiting = [task for task in s.tasks.values() if waits_for_account(task)]
    if not waiting:
        yield refused(request, "the run is being carried on, and waits for no account")
        return
    for task in waiting:
        yield _asking_again(task)
    names = ", ".join(dict.fromkeys(shown_account(task.account or "") for task in waiting))
    yield granted(request, f"account {names} is tried again now")


def _asking_again(task: TaskState) -> Draft:
    return Draft(ev.TASK_RELEASED, task.lane, task.id)


def _limit(s: Snapshot, request: Event) -> Iterator[Draft]:
    del s
    given = request.data["approval"]
    limits = {key: _amount(text) for key, text in given.items() if key in BUDGETS}
    if len(limits) != len(given) or not limits or 0 in limits.values():
        wrong = ", ".join(f"{key}={text}" for key, text in given.items()) or "nothing"
        yield refused(request, f"{wrong} sets no limit: a number above 0, or none")
        return
    yield Draft(ev.LIMITS_SET, request.workstream, request.task, data=limits)
    said = [f"{key} {'none' if n is None else budgets.shown(key, n)}" for key, n in limits.items()]
    yield granted(request, f"limits: {', '.join(said)}")


def _amount(text: str) -> float | None:
    """Return a limit, None for none; 0 for what is no number above 0."""
    if text == "none":
        return None
    try:
        amount = float(text)
    except ValueError:
        return 0
    return amount if 0 < amount < float("inf") else 0


def _reset(s: Snapshot, request: Event) -> Iterator[Draft]:
    outcome = s.outcomes.get(request.data["id"])
    if outcome is not None:
        yield _reset_answer(request, outcome)
        return
    reset = reset_rules.what_goes(s, request.task, request.workstream)
    shown = request.data["approval"].get("goes", reset.names)
    if (why := reset_rules.refusal(s, reset)) is not None:
        yield refused(request, why)
    elif shown != reset.names:
        yield refused(request, "what goes has changed since it was shown; look at it again")
    elif not reset_rules.is_waited_for(s, reset):
        named, by = request.data["id"], request.data["by"]
        yield reset_rules.effect(s, reset, request=named, asked=request.seq, by=by)


def _reset_answer(request: Event, outcome: Data) -> Draft:
    what = f"task {request.task}" if request.task else f"lane {request.workstream}"
    if "refused" in outcome:
        return refused(request, f"{what} is not reset: {outcome['refused']}")
    notes = "".join(f"; {note}" for note in outcome.get("notes", ()))
    return granted(request, f"{what} is reset; what went is kept under keep refs{notes}")


def _reopen(task: TaskState, text: str) -> Draft:
    return Draft(ev.TASK_REOPENED, task.lane, task.id, data={"kind": "person", "text": text})


def _lane_intent(s: Snapshot, lane: LaneState, kind: EffectKind, data: Data, round_: int) -> Draft:
    return intent(kind, s.run, lane.id, lane.epoch, round_=round_, data=data)


_RULES: dict[str, Callable[[Snapshot, Event], Iterator[Draft]]] = {
    "approve": _approve,
    "reject": _reject,
    "retry": _retry,
    "resume": _resume,
    "limit": _limit,
    "cancel": ending_rules.cancel,
    "close": ending_rules.close,
    "clean": ending_rules.clean,
    "take": _take,
    "give": taking_rules.give,
    "send": attended_rules.send,
    "answer": question_rules.answer,
    "pause": attended_rules.pause,
    "unpause": attended_rules.unpause,
    "reset": _reset,
    revert_rules.VERB: revert_rules.begin,
}

_OF_RUNS = frozenset({"cancel", "resume", "limit", "pause", "unpause"})
_AT_ONCE = frozenset({"pause", "unpause", "send", "answer"})
_OF_LANES = frozenset({"reject", "close", "clean", revert_rules.VERB})
_OF_THE_ACTIVE = frozenset({"take", "give"})
_APPROVED = frozenset({"head", "merge_base", "target_tip", "tree"})

VERBS = frozenset(_RULES)
"""What may be asked for."""
