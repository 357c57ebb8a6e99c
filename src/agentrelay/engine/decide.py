"""``decide(snapshot, event) -> commands``: what follows from an event that was just applied.

Pure: it reads the snapshot and nothing else. It looks only at the tasks and lanes that the event
can have moved; what it finds to do there follows from facts, not from the event's novelty, so
asking again (after a crash, say) gives what is still to be done and no more.

Each command is an output event. Commands come one by one, and the caller applies each to the
snapshot before it takes the next, so no two of them can want the same slot, lane or target.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from agentrelay.engine import lane_rules, people_rules, revert_rules, settle, task_rules
from agentrelay.engine.effect import EffectKind, intent
from agentrelay.engine.pauses import keeps_lane
from agentrelay.engine.snapshot import Snapshot
from agentrelay.journal import event as ev
from agentrelay.journal.event import Draft, Event
from agentrelay.workstream.core.runtime import WorkstreamStatus


def decide(s: Snapshot, event: Event) -> Iterator[Draft]:
    """Give the commands that ``event`` calls for; ``s`` has it applied already."""
    if event.type == ev.RUN_INTERRUPTED and event.data.get("end"):
        yield from _stop_programs(s)
    if s.stopped:
        return
    yield from _RULES.get(event.type, _nothing)(s, event)
    if s.requests:
        yield from people_rules.answer(s)


def steps(s: Snapshot, first: Event, record: Callable[[Draft], Event]) -> None:
    """Decide on ``first``, on each command that follows from it, and so on until all is quiet.

    ``record`` gives a command its place in the journal and applies it to the snapshot.
    """
    frontier = deque([first])
    while frontier:
        for command in decide(s, frontier.popleft()):
            frontier.append(record(command))
    end = settle.settle(s, first.seq)
    if end is not None:
        record(end)


def _nothing(s: Snapshot, event: Event) -> Iterable[Draft]:
    del s, event
    return ()


def _everything(s: Snapshot, event: Event) -> Iterator[Draft]:
    del event
    for lane in s.lanes.values():
        yield from lane_rules.advance(s, lane)
        if lane.active is not None:
            yield from task_rules.advance(s, s.tasks[lane.active])
    for slot in s.wanting:
        yield from _slot(s, slot)


def _effect_ended(s: Snapshot, event: Event) -> Iterator[Draft]:
    kind = event.data["kind"]
    if event.task is not None:
        yield from task_rules.advance(s, s.tasks[event.task])
        if kind == EffectKind.TASK_MERGE:
            yield from _after_task(s, event.task)
        elif not event.data.get("no_slot"):
            yield from _slot_of(s, kind)
    elif event.workstream is not None:
        lane = s.lanes[event.workstream]
        if kind == EffectKind.LANE_RESET:
            yield from _after_reset(s, event)
            return
        yield from lane_rules.advance(s, lane)
        yield from _after_landing_step(s, lane.target, lane.id, kind)
        if kind == EffectKind.LANE_OPEN and not s.lanes[lane.id].hold:
            yield from _downstream(s, lane.id)


def _after_reset(s: Snapshot, event: Event) -> Iterator[Draft]:
    for task in s.tasks.values():
        if task.stopping:
            yield from task_rules.advance(s, task)
    # Lanes that it took back, and those of the same targets, can be anywhere.
    yield from _everything(s, event)


_TOUCHES_DOWNSTREAM = frozenset(
    {
        EffectKind.LANE_LAND,
        EffectKind.LANE_CLOSE,
        EffectKind.LANE_REOPEN,
        EffectKind.REVERT_LAND,
    }
)


def _after_landing_step(s: Snapshot, target: str, lane: str, kind: str) -> Iterator[Draft]:
    if kind in _TOUCHES_DOWNSTREAM:
        yield from _downstream(s, lane)
    if kind in lane_rules.FREES_TARGET and target not in s.landing:
        yield from lane_rules.next_landing(s, target, lane)


def _downstream(s: Snapshot, lane: str) -> Iterator[Draft]:
    for name in s.downstream[lane]:
        yield from lane_rules.advance(s, s.lanes[name])


def _slot_of(s: Snapshot, kind: str) -> Iterator[Draft]:
    # A start that went well says that there may be room for one more.
    if kind == EffectKind.TURN_START:
        yield from _slot(s, "agents")
    elif kind == EffectKind.GATE_START:
        yield from _slot(s, "gates")


def _after_task(s: Snapshot, name: str) -> Iterator[Draft]:
    """Look at what the end of a task, good or bad, lets go on."""
    lanes = {s.tasks[name].lane: None}
    for dependent in s.graph.dependents[name]:
        lanes[s.tasks[dependent].lane] = None
    for lane in lanes:
        yield from lane_rules.advance(s, s.lanes[lane])


def _all_after_failure(s: Snapshot, event: Event) -> Iterator[Draft]:
    # A failure can end lanes far downstream; it is rare, so every lane is looked at.
    del event
    for lane in s.lanes.values():
        yield from lane_rules.advance(s, lane)


def _task_event(s: Snapshot, event: Event) -> Iterator[Draft]:
    if event.task is not None:
        yield from task_rules.advance(s, s.tasks[event.task])
        yield from lane_rules.advance(s, s.lanes[s.tasks[event.task].lane])


def _turn_ended(s: Snapshot, event: Event) -> Iterator[Draft]:
    yield from _task_event(s, event)
    yield from _slot(s, "agents")


def _task_held(s: Snapshot, event: Event) -> Iterator[Draft]:
    del event
    # It may have been the first that waits for a slot, and leaves that to the next.
    yield from _slot(s, "agents")


def _gate_ended(s: Snapshot, event: Event) -> Iterator[Draft]:
    if event.task is not None:
        yield from task_rules.advance(s, s.tasks[event.task])
    elif event.workstream is not None:
        lane = s.lanes[event.workstream]
        yield from lane_rules.advance(s, lane)
        if keeps_lane(s, lane):
            yield from _after_landing_step(s, lane.target, lane.id, EffectKind.GATE_START)
    yield from _slot(s, "gates")


def _slot_free(s: Snapshot, event: Event) -> Iterator[Draft]:
    yield from _slot(s, event.data["slot"])


def _slot(s: Snapshot, slot: str) -> Iterator[Draft]:
    """Let the first that waits for a slot try again."""
    queue = s.wanting[slot]
    if queue:
        _, kind, name = queue[0]
        if kind == "task":
            yield from task_rules.advance(s, s.tasks[name], served=True)
        else:
            yield from lane_rules.advance(s, s.lanes[name], served=True)


def _lane_event(s: Snapshot, event: Event) -> Iterator[Draft]:
    lane = s.lanes[event.workstream or ""]
    yield from lane_rules.advance(s, lane)
    if event.type == ev.LANE_HELD and lane.target not in s.landing:
        yield from lane_rules.next_landing(s, lane.target, lane.id)


def _answered(s: Snapshot, event: Event) -> Iterator[Draft]:
    """Go on where a revert has ended, one way or the other: it had the target alone."""
    if event.data.get("verb") == revert_rules.VERB and event.workstream in s.lanes:
        lane = s.lanes[event.workstream]
        yield from lane_rules.advance(s, lane)
        for other in s.lanes.values():
            if other.status is WorkstreamStatus.PR_CREATED:
                yield from lane_rules.advance(s, other)


def _timer_due(s: Snapshot, event: Event) -> Iterator[Draft]:
    for task in (s.tasks[name] for name in event.data["tasks"]):
        yield from task_rules.advance(s, task)
        yield from lane_rules.advance(s, s.lanes[task.lane])


def _limits_set(s: Snapshot, event: Event) -> Iterator[Draft]:
    del event
    for task in s.tasks.values():
        yield from task_rules.advance(s, task)


def _account_open(s: Snapshot, event: Event) -> Iterator[Draft]:
    for task in s.tasks.values():
        if task.account == event.data["account"]:
            yield from task_rules.advance(s, task)


def _forge_seen(s: Snapshot, event: Event) -> Iterator[Draft]:
    for name in event.data["lanes"]:
        yield from lane_rules.advance(s, s.lanes[name])


def _keep_due(s: Snapshot, event: Event) -> Iterator[Draft]:
    for name in event.data["tasks"]:
        yield from task_rules.keep(s, s.tasks[name])


def _stop_programs(s: Snapshot) -> Iterator[Draft]:
    for program in s.programs.values():
        owner = s.lanes[program.workstream] if program.task is None else s.tasks[program.task]
        if owner.in_flight:
            # Its end has been asked for: nothing else is done beside a program.
            continue
        yield intent(
            EffectKind.TURN_STOP,
            s.run,
            program.workstream,
            s.epoch(program.workstream),
            task=program.task,
            attempt=program.attempt,
            turn=program.turn,
            data={"program": program.key, "reason": "interrupted"},
        )


_RULES: dict[str, Callable[[Snapshot, Event], Iterable[Draft]]] = {
    ev.RUN_STARTED: _everything,
    ev.RUN_RESUMED: _everything,
    ev.EFFECT_DONE: _effect_ended,
    ev.EFFECT_FAILED: _effect_ended,
    ev.SETUP_ENDED: _task_event,
    ev.TURN_ENDED: _turn_ended,
    ev.GATE_ENDED: _gate_ended,
    ev.TIMER_DUE: _timer_due,
    ev.SLOT_FREE: _slot_free,
    ev.KEEP_DUE: _keep_due,
    ev.ACCOUNT_OPEN: _account_open,
    ev.FORGE_SEEN: _forge_seen,
    ev.FEEDBACK_GIVEN: _task_event,
    ev.ATTEMPT_FAILED: _all_after_failure,
    ev.ATTEMPT_STOPPED: _task_event,
    ev.TASK_HELD: _task_held,
    ev.TASK_REOPENED: _task_event,
    ev.TASK_RELEASED: _task_event,
    ev.TASK_STOPPING: _task_event,
    ev.TASK_CANCELLED: _all_after_failure,
    ev.LIMITS_SET: _limits_set,
    ev.LANE_READY: _lane_event,
    ev.LANE_HELD: _lane_event,
    ev.LANE_RELEASED: _lane_event,
    ev.LANE_FAILED: _all_after_failure,
    ev.TASK_TAKEN: _task_event,
    ev.TASK_GIVEN: _task_event,
    ev.TASK_TOLD: _task_event,
    ev.WORK_PAUSED: _everything,
    ev.WORK_UNPAUSED: _everything,
    ev.REQUEST_ANSWERED: _answered,
}
