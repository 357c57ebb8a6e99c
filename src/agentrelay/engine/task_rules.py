"""What a task does next, read off the facts of its attempt: one function, from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator

from agentrelay.engine import budgets
from agentrelay.engine.effect import EffectKind, intent
from agentrelay.engine.fold_effects import SETUP
from agentrelay.engine.pauses import pause_of_task
from agentrelay.engine.snapshot import ACCOUNT as ACCOUNT_HOLD
from agentrelay.engine.snapshot import RED_BEFORE, Facts, Snapshot, TaskState
from agentrelay.gates.gate import GateSpec
from agentrelay.journal import event as ev
from agentrelay.journal.event import Data, Draft
from agentrelay.task.core.runtime import ENDED

ACCOUNT = frozenset({"rate_limited", "overloaded", "authentication"})
"""Results of a turn that the model's service refused: they say nothing of the task."""

CONFLICT_TURNS = 1
"""Further turns that an attempt gets for a conflict with its lane, before it fails."""


MESSAGE = "message"
"""Kind of a feedback that is nothing but what a person has said."""

FORGIVEN = 3
"""So many attempts at a task may vanish, as by a restart of the machine, and not count."""


def advance(s: Snapshot, task: TaskState, *, served: bool = False) -> Iterator[Draft]:
    """Give the next command of a task whose attempt is under way, if there is one now.

    ``served`` says that the task is the first of the queue for the slot that it wants.
    """
    if s.lanes[task.lane].reset is not None:
        return
    if task.keeping and task.program is None:
        # What the turn left is looked at when nothing else reads it any more.
        return
    if task.stopping and not task.in_flight:
        yield from _stop(s, task)
    elif task.taken and not task.in_flight:
        yield from _hand_over(s, task)
    elif _may_go_on(s, task):
        yield from _next(s, task, served=served)


def keep(s: Snapshot, task: TaskState) -> Iterator[Draft]:
    """Give the command that pins what an agent has not committed, while its turn is under way."""
    program = s.programs.get(task.program or "")
    if program is None or program.kind != EffectKind.TURN_START:
        return
    if not task.keeping and not task.in_flight:
        yield _intent(s, task, EffectKind.TURN_KEEP, turn=True, round_=task.keeps + 1)


def _may_go_on(s: Snapshot, task: TaskState) -> bool:
    busy = task.in_flight or task.program
    if not task.open or busy or task.hold or task.account_wait is not None:
        return False
    is_to_collect = task.outcome is not None and task.collected is None
    return (is_to_collect and not _wants_setup(s, task)) or pause_of_task(s, task) is None


def _wants_setup(s: Snapshot, task: TaskState) -> bool:
    return not task.setup and s.graph.lane_by_id[task.lane].setup is not None


def begin(s: Snapshot, task: TaskState) -> Draft:
    """Return the command that starts the task's next attempt."""
    return _start_attempt(s, task, task.attempt + 1)


def upstream_commits(s: Snapshot, task: TaskState) -> list[str]:
    """Return the commits that finished the task's dependencies in other lanes."""
    commits = [
        s.tasks[name].commit for name in task.spec.dependencies if s.tasks[name].lane != task.lane
    ]
    return [commit for commit in commits if commit is not None]


def red_gate(task: TaskState) -> str | None:
    """Return the gate that is red on what the task's last turn made, or None."""
    return next((name for name, passed in task.verdicts.items() if not passed), None)


def next_gate(task: TaskState) -> GateSpec | None:
    """Return the first gate that has no verdict yet on what the last turn made, or None."""
    return next((gate for gate in task.spec.gates if gate.name not in task.verdicts), None)


def _next(s: Snapshot, task: TaskState, *, served: bool) -> Iterator[Draft]:
    if task.start is None:
        yield _start_attempt(s, task, task.attempt)
    elif _wants_setup(s, task):
        index = task.gate_runs.get(SETUP, 0) + 1
        data = {"index": index, "start": task.start}
        yield _intent(s, task, EffectKind.SETUP_START, data, round_=index)
    elif not task.turn_started:
        yield from _turn(s, task, served=served)
    elif task.collected is None:
        yield _collect(s, task)
    else:
        yield from _after_turn(s, task, task.collected, served=served)


def _start_attempt(s: Snapshot, task: TaskState, attempt: int) -> Draft:
    told = (task.feedback or {}).get("text", "")
    data: dict[str, object] = {"requires": upstream_commits(s, task), "before": told}
    if sources := _sources(s, task):
        data["sources"] = sources
    return _intent(s, task, EffectKind.ATTEMPT_START, data, attempt)


def _sources(s: Snapshot, task: TaskState) -> dict[str, Facts]:
    """Return where an earlier run has what the task is shown of others, by task."""
    names = {*task.spec.dependencies, *(item.task for item in task.spec.inputs_from)}
    known = {name: s.tasks[name].source for name in sorted(names)}
    return {name: source for name, source in known.items() if source is not None}


def _turn(s: Snapshot, task: TaskState, *, served: bool) -> Iterator[Draft]:
    if not s.starts_agents:
        return
    if s.wanting["agents"] and not served:
        if not any(entry[2] == task.id for entry in s.wanting["agents"]):
            yield _event(ev.SLOT_WANTED, task, {"slot": "agents"})
        return
    # Only now: what is left can have gone while it waited for its slot.
    if (overrun := budgets.find_overrun(s, task)) is not None:
        yield _event(ev.TASK_HELD, task, {"kind": budgets.HOLD, "reason": overrun.reason})
        return
    data: dict[str, object] = {"feedback": _told(task)}
    if task.messages:
        data["messages"] = len(task.messages)
    if task.settled:
        data["settled"] = dict(task.settled)
    if task.session is not None:
        data["session"] = task.session
    if (bound := budgets.find_cost_bound(s, task)) is not None:
        data["cost_usd"] = bound.left
    data["asked"] = {"person": s.begun, "again": task.asks_again}
    yield _intent(s, task, EffectKind.TURN_START, data, turn=True)


def _told(task: TaskState) -> Facts | None:
    """Return the feedback with which a turn begins, with what people have said since."""
    if not task.messages:
        return task.feedback
    said = "\n\n".join(task.messages)
    if task.feedback is None or task.feedback["kind"] == MESSAGE:
        return {"kind": MESSAGE, "text": said}
    return {**task.feedback, "text": f"{task.feedback['text']}\n\nA person says: {said}"}


def _after_turn(s: Snapshot, task: TaskState, made: Facts, *, served: bool) -> Iterator[Draft]:
    """Go on from a turn that was collected: what people have said since goes before its gates."""
    by_person = bool((task.outcome or {}).get("by"))
    is_good = made["result"] == "done"
    if task.messages and (not made.get("conflict") if is_good else by_person):
        data = {"kind": MESSAGE, "text": "\n\n".join(task.messages)}
        yield _event(ev.FEEDBACK_GIVEN, task, data)
    elif by_person and not is_good:
        # A person looks at it again: it is no failure of an agent.
        yield _event(ev.TASK_HELD, task, {"kind": "given", "reason": made["reason"]})
    else:
        yield from _judge(s, task, made, served=served)


def _judge(s: Snapshot, task: TaskState, made: Facts, *, served: bool) -> Iterator[Draft]:
    if made["result"] == "stopped" or (made["result"] == "lost" and _may_be_forgiven(task)):
        yield _event(ev.ATTEMPT_STOPPED, task, {"reason": made["reason"]})
    elif made["result"] in ACCOUNT:
        yield _after_refusal(task, made)
    elif made["result"] == "budget":
        yield _after_budget(task, made)
    elif made["result"] != "done":
        yield _event(ev.ATTEMPT_FAILED, task, {"reason": made["reason"]})
    elif made.get("conflict"):
        yield _conflict(task, made)
    elif (red := red_gate(task)) is not None:
        yield from _red(s, task, red, served=served)
    elif (gate := next_gate(task)) is not None:
        yield from _gate(s, task, gate.name, "candidate", served=served)
    elif not task.opened and not made["empty"]:
        data = {"head": made["commit"], "summary": task.summary}
        data |= {"waivers": list(task.waivers)} if task.waivers else {}
        yield _intent(s, task, EffectKind.TASK_OPEN, data, turn=True, round_=task.collect_round)
    else:
        data = {
            "candidate": made["candidate"],
            "head": made["commit"],
            "base_tip": made["lane_tip"],
        }
        data["number"] = task.number
        yield _intent(s, task, EffectKind.TASK_MERGE, data, turn=True, round_=task.collect_round)


def _after_refusal(task: TaskState, made: Facts) -> Draft:
    """Have the same session go on, once the wait for it is over; no attempt counts."""
    if task.held_turn == task.turn:
        return _event(ev.FEEDBACK_GIVEN, task, {"kind": ACCOUNT_HOLD, "text": made["reason"]})
    trouble = made["result"].replace("_", " ")
    until = f" until {made['until']}" if made.get("until") else ""
    reason = f"{trouble}{until}: {made['reason']}"
    return _event(ev.TASK_HELD, task, {"kind": ACCOUNT_HOLD, "reason": reason})


def _after_budget(task: TaskState, made: Facts) -> Draft:
    """Ask a person, then have the same session go on: the program kept to its limit by itself."""
    if task.held_turn == task.turn:
        return _event(ev.FEEDBACK_GIVEN, task, {"kind": budgets.HOLD, "text": made["reason"]})
    return _event(ev.TASK_HELD, task, {"kind": budgets.HOLD, "reason": made["reason"]})


def _may_be_forgiven(task: TaskState) -> bool:
    """Tell whether another lost attempt need not count: not where an agent always takes all down.

    Each attempt that did not count has raised the limit by one.
    """
    return task.attempt_limit - task.spec.max_attempts < FORGIVEN


def _collect(s: Snapshot, task: TaskState) -> Draft:
    data: dict[str, object] = {"start": task.start, "requires": list(task.requires)}
    data |= {"concerns": list(task.concerns), "earlier": task.earlier, "account": task.account}
    if by := (task.outcome or {}).get("by"):
        data |= {"by": by, "summary": (task.outcome or {}).get("text", ""), "account": None}
    return _intent(s, task, EffectKind.TURN_COLLECT, data, turn=True, round_=task.collect_round)


def _conflict(task: TaskState, made: Facts) -> Draft:
    if task.conflicts < CONFLICT_TURNS:
        return _event(ev.FEEDBACK_GIVEN, task, {"kind": "conflict", "text": made["conflict"]})
    return _event(ev.ATTEMPT_FAILED, task, {"reason": f"conflict: {made['conflict']}"})


def _red(s: Snapshot, task: TaskState, red: str, *, served: bool) -> Iterator[Draft]:
    """Go on from a red gate: look whether it was red before, send it back, or give up.

    A gate may be red at the start because what it tests is still to be written, so the agent gets
    its turns in any case; but an attempt does not fail by what was red before it.
    """
    if red not in task.baseline:
        yield from _gate(s, task, red, "start", served=served)
    elif task.failures[red] < _gate_named(task, red).max_gate_attempts:
        yield _send_back(task, red)
    elif task.baseline[red]:
        reason = f'gate "{red}" was red {task.failures[red]} times'
        yield _event(ev.ATTEMPT_FAILED, task, {"reason": reason})
    else:
        reason = f'gate "{red}" is red, and was before this task began'
        yield _event(ev.TASK_HELD, task, {"kind": RED_BEFORE, "reason": reason})


def _send_back(task: TaskState, red: str) -> Draft:
    facts = task.last_red or {}
    before = "" if task.baseline[red] else " (it was red before this task began, too)"
    text = f'gate "{red}" is red: {facts.get("reason", "")}{before}'
    data = {"kind": "gate", "text": text, "log": facts.get("log", "")}
    return _event(ev.FEEDBACK_GIVEN, task, data)


def _gate(
    s: Snapshot, task: TaskState, name: str, subject: str, *, served: bool
) -> Iterator[Draft]:
    if s.wanting["gates"] and not served:
        if not any(entry[2] == task.id for entry in s.wanting["gates"]):
            yield _event(ev.SLOT_WANTED, task, {"slot": "gates"})
        return
    made = task.collected or {}
    index = task.gate_runs.get(name, 0) + 1
    commit = task.start if subject == "start" else made["candidate"]
    data = {"gate": name, "index": index, "subject": subject, "commit": commit}
    yield _intent(s, task, EffectKind.GATE_START, data, turn=True, round_=f"{name}/{index}")


def _gate_named(task: TaskState, name: str) -> GateSpec:
    return next(gate for gate in task.spec.gates if gate.name == name)


def _hand_over(s: Snapshot, task: TaskState) -> Iterator[Draft]:
    """Free the worktree for the person who has taken the task, and do no more than that."""
    if task.program is not None:
        if not task.stop_asked:
            data = {"program": task.program, "reason": f"{task.taken} takes it over"}
            yield _intent(s, task, EffectKind.TURN_STOP, data, turn=True)
    elif not task.open or task.hold:
        return
    elif task.start is None:
        yield _start_attempt(s, task, task.attempt)
    elif task.outcome is not None and task.collected is None:
        # What its agent left is pinned before somebody else changes it.
        yield _collect(s, task)


def _stop(s: Snapshot, task: TaskState) -> Iterator[Draft]:
    if task.program is not None:
        if not task.stop_asked:
            data = {"program": task.program, "reason": task.stopping}
            yield _intent(s, task, EffectKind.TURN_STOP, data, turn=True)
    elif task.outcome is not None and task.collected is None and task.open and not task.hold:
        # What the agent left is pinned by the collection before its lane is used again. Where
        # that has failed, it is not tried for ever: the next attempt pins what it finds.
        yield _collect(s, task)
    elif task.status not in ENDED:
        yield _event(ev.TASK_CANCELLED, task, {"reason": task.stopping})


def _event(type_: str, task: TaskState, data: Data) -> Draft:
    return Draft(type_, task.lane, task.id, task.attempt, task.turn or None, data)


def _intent(  # noqa: PLR0913 - what a key is made of
    s: Snapshot,
    task: TaskState,
    kind: EffectKind,
    data: Data | None = None,
    attempt: int | None = None,
    *,
    turn: bool = False,
    round_: int | str = "",
) -> Draft:
    return intent(
        kind,
        s.run,
        task.lane,
        s.epoch(task.lane),
        task=task.id,
        attempt=attempt or task.attempt,
        turn=task.turn if turn else None,
        round_=round_,
        data=data,
    )
