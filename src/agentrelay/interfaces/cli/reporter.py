"""Tells on stderr what happens in a run, a plain line for each transition."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import click

from agentrelay.app.running import Narrator
from agentrelay.engine.effect import EffectKind
from agentrelay.engine.snapshot import Change, Program, Snapshot, TaskState
from agentrelay.interfaces.cli.text import bad, good, shown, waits
from agentrelay.interfaces.views.needs import answers, need_of_question
from agentrelay.interfaces.views.waits import account_wait, slot_wait
from agentrelay.journal import event as ev
from agentrelay.journal.event import Event
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus

WIDTH = 24
HELD = ("in_the_way", "diverged", "rejected", "refused", "stays")
"""Results of acts that leave a task or lane to a person; each is the reason."""


class PlainNarrator(Narrator):
    """Writes a line for each transition, and for what people should know of."""

    def __init__(
        self,
        *,
        at_wait: Callable[[Snapshot], None] | None = None,
        at_question: Callable[[], None] | None = None,
        tells_answers: bool = True,
    ) -> None:
        """Call ``at_wait`` when all that remains waits for people and the run stays.

        ``at_question`` is called when an agent waits for a permission, while others work on.
        Without ``tells_answers``, answers to requests are left to the caller.
        """
        self._at_wait = at_wait
        self._at_question = at_question
        self._queued: set[str] = set()
        self._tells_answers = tells_answers

    def changed(self, snapshot: Snapshot, change: Change) -> None:
        """Say that a task or lane went to another status."""
        if change.task is not None:
            text = _task_line(snapshot, snapshot.tasks[change.task], change)
        else:
            text = _lane_line(snapshot, change)
        _say(snapshot, change.workstream, change.task, text)

    def noted(self, snapshot: Snapshot, event: Event) -> None:
        """Say what a recorded event means for people, if anything."""
        text = _noted(event)
        if text and (self._tells_answers or event.type != ev.REQUEST_ANSWERED):
            _say(snapshot, event.workstream, event.task, text)
        for changed in event.data.get("checkout", ()) if event.type == ev.EFFECT_DONE else ():
            _say(snapshot, event.workstream, event.task, waits(shown(str(changed))))
        if event.type == ev.RUN_WAITING and self._at_wait is not None:
            self._at_wait(snapshot)
        if event.type == ev.TURN_ASKED:
            self._note_question(snapshot, event)
        if event.type == ev.TURN_ANSWERED:
            _note_silence(snapshot, event)
        self._note_slot(snapshot, event)
        self._note_account(snapshot, event)

    def mended(self, text: str) -> None:
        """Say what was mended."""
        click.echo(waits(shown(text)), err=True)

    def unclear(self, snapshot: Snapshot, program: Program, why: str) -> None:
        """Say that it can't be told whether a program runs, and what looks into that."""
        text = f"can't tell whether its program runs: {shown(why)} (agentrelay doctor)"
        _say(snapshot, program.workstream, program.task, waits(text))

    def _note_slot(self, snapshot: Snapshot, event: Event) -> None:
        """Say once that something waits for a slot, and once that it has one."""
        name = event.task or event.workstream or ""
        if (slot := _slot_of(event)) is None:
            return
        if event.type == ev.SLOT_WANTED or event.data.get("no_slot"):
            text = slot_wait(snapshot, slot)
            is_news = name not in self._queued
            self._queued.add(name)
        else:
            text = "has its slot"
            is_news = name in self._queued
            self._queued.discard(name)
        if is_news:
            _say(snapshot, event.workstream, event.task, text)

    def _note_question(self, snapshot: Snapshot, event: Event) -> None:
        """Say what an agent wants to be allowed, and how a person answers; call them, too."""
        number = event.data["question"]
        need = need_of_question(snapshot, snapshot.tasks[event.task or ""], number)
        lines = [waits(f"waits for a person: {shown(need.reason)}")]
        lines += [f"{'':10}{shown(command)}" for command in answers(need)]
        _say(snapshot, event.workstream, event.task, "\n".join(lines))
        if self._at_question is not None:
            self._at_question()

    def _note_account(self, snapshot: Snapshot, event: Event) -> None:
        """Say that a task waits for its account, and that it is a person who must know why."""
        if event.type != ev.EFFECT_DONE or not event.data.get("paused") or event.task is None:
            return
        task = snapshot.tasks[event.task]
        if task.account_wait is not None:
            text = account_wait(snapshot, task, task.account_wait)
        else:
            text = f"waits for a person: {task.hold.reason}" if task.hold is not None else ""
        _say(snapshot, event.workstream, event.task, waits(shown(text)))

    def interrupted(self, snapshot: Snapshot) -> None:
        """Say what still runs after an interruption, and how to stop it or go on."""
        graph = shown(snapshot.graph.name)
        click.echo("\ninterrupted: nothing new starts", err=True)
        if snapshot.programs:
            click.echo(f"still running, under its limits: {_running(snapshot)}", err=True)
            click.echo("Ctrl-C again within 2 s ends that too", err=True)
            click.echo(f"  agentrelay cancel {graph}   ends it later, and the run", err=True)
        click.echo(f"  agentrelay resume {graph}   goes on", err=True)

    def ending(self, snapshot: Snapshot) -> None:
        """Say which programs are being ended, and that nothing is lost by it."""
        click.echo(f"ends now, and uses up no attempt: {_running(snapshot)}", err=True)


def clock_time(unix_seconds: float) -> str:
    """Return a moment as people here read it off a clock."""
    return f"{datetime.fromtimestamp(unix_seconds, UTC).astimezone():%H:%M:%S}"


def _say(snapshot: Snapshot, lane: str | None, task: str | None, text: str) -> None:
    name = f"task {task}" if task is not None else f"lane {lane}" if lane is not None else "run"
    click.echo(f"{clock_time(snapshot.now)}  {name:{WIDTH}}  {text}", err=True)


def _task_line(s: Snapshot, task: TaskState, change: Change) -> str:  # noqa: PLR0911 - one for each status
    text = shown(change.text)
    match TaskStatus(change.status):
        case TaskStatus.PENDING if text:
            again = (
                f"; tries again at {clock_time(task.not_before)}"
                if task.not_before > s.now
                else "; goes on when it may"
            )
            return waits(f"attempt {change.attempt} ended: {text}{again}")
        case TaskStatus.PENDING:
            return "waits for another attempt"
        case TaskStatus.RUNNING:
            return f"running, attempt {change.attempt}, turn {task.turn}"
        case TaskStatus.GATING:
            return "gates run on its result"
        case TaskStatus.PR_CREATED:
            return f"change request {text}"
        case TaskStatus.MERGED if text:
            return bad(f"failed: {text}; what it had merged before stays in lane {task.lane}")
        case TaskStatus.MERGED:
            return good(f"merged into lane {task.lane} as {(task.commit or '')[:10]}")
        case _:
            return bad(f"{change.status}: {text}" if text else change.status)


def _lane_line(s: Snapshot, change: Change) -> str:  # noqa: PLR0911 - one for each status
    lane = s.lanes[change.workstream]
    text = shown(change.text)
    match WorkstreamStatus(change.status):
        case WorkstreamStatus.ACTIVE:
            return f"works in {shown(lane.worktree or '')}" if lane.worktree else "goes on"
        case WorkstreamStatus.MERGE_READY:
            return "all its tasks are merged"
        case WorkstreamStatus.PR_CREATED:
            return f"change request {text} into {lane.target}"
        case WorkstreamStatus.MERGED if lane.landed is None:
            return good(text or "merged")
        case WorkstreamStatus.MERGED:
            where = f"landed on {lane.target} as {(lane.landed or '')[:10]}"
            return good(where) + (f" ({text})" if text else "")
        case WorkstreamStatus.FAILED:
            return bad(f"failed: {text}")
        case _:
            return change.status


def _note_silence(s: Snapshot, event: Event) -> None:
    """Say that an agent goes on without what it asked for, where it does."""
    task = s.tasks[event.task or ""]
    if not event.data["by"] and not task.stopping:
        text = "nobody answered in time: its agent goes on without that permission"
        _say(s, event.workstream, event.task, waits(text))


def _noted(event: Event) -> str:  # noqa: PLR0911 - one for each type
    data = event.data
    if event.type == ev.FEEDBACK_GIVEN:
        return waits(f"sent back to its agent: {shown(str(data['text']))}")
    if event.type in (ev.TASK_HELD, ev.LANE_HELD):
        return waits(f"waits for a person: {shown(str(data['reason']))}")
    if data.get("kind") in _ANSWERED:
        return ""
    if event.type == ev.EFFECT_FAILED:
        hint = f" ({shown(str(data['hint']))})" if data.get("hint") else ""
        return bad(f"{data['kind']} failed: {shown(str(data['message']))}{hint}")
    if event.type == ev.EFFECT_DONE:
        reason = next((str(data[key]) for key in HELD if data.get(key)), "")
        return waits(f"waits for a person: {shown(reason)}") if reason else ""
    if event.type in (ev.GATE_ENDED, ev.SETUP_ENDED):
        return _ended(event)
    if event.type == ev.REQUEST_ANSWERED:
        return f"asked for: {shown(str(data['text']))}"
    return ""


_ANSWERED = frozenset({EffectKind.REVERT_MAKE.value, EffectKind.REVERT_LAND.value})
"""Kinds of effects of which the answer to who asked for them says what became of them."""


def _slot_of(event: Event) -> str | None:
    """Return the kind of slot that an event is about, None where it is about none."""
    if event.type == ev.SLOT_WANTED:
        return str(event.data["slot"])
    if event.type != ev.EFFECT_DONE:
        return None
    return _SLOTS.get(event.data["kind"])


_SLOTS = {
    EffectKind.TURN_START.value: "agents",
    EffectKind.GATE_START.value: "gates",
    EffectKind.SETUP_START.value: "gates",
}


def _ended(event: Event) -> str:
    data = event.data
    name = f'gate "{shown(str(data.get("gate")))}"' if event.type == ev.GATE_ENDED else "setup"
    before = " as it was before this task began" if data.get("subject") == "start" else ""
    if data.get("again"):
        return f"{name} was lost and is run again"
    if data["passed"]:
        return f"{name} passed{before}"
    return bad(f"{name} is red{before}: {shown(str(data['reason']))}") + f"\n{'':10}{data['log']}"


def _running(snapshot: Snapshot) -> str:
    return shown(", ".join(_program(snapshot, key) for key in snapshot.programs))


def _program(snapshot: Snapshot, key: str) -> str:
    program = snapshot.programs[key]
    who = f"task {program.task}" if program.task is not None else f"lane {program.workstream}"
    if program.kind == EffectKind.GATE_START:
        return f'gate "{program.gate}" of {who}'
    return who if program.kind == EffectKind.TURN_START else f"setup for {who}"
