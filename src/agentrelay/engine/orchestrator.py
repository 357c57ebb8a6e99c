"""The loop: take events from one inbox, ask the engine, journal, hand effects to workers.

One thread decides and writes the journal. All events of one step share one flush of the disk,
before any of the acts that they announce. All concurrency is in the workers, which post their
results back.
"""

from __future__ import annotations

import os
import select
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from agentrelay._shared import atomic, scratch, wake
from agentrelay._shared.clock import rfc3339
from agentrelay.engine import inbox, observe, publisher, recovery
from agentrelay.engine.acts.table import ACTS
from agentrelay.engine.alarms import Alarms
from agentrelay.engine.asked import questions_asked
from agentrelay.engine.decide import steps
from agentrelay.engine.effect import EffectKind
from agentrelay.engine.fold import BACKOFF_LAST, apply
from agentrelay.engine.keeper import Keeper
from agentrelay.engine.lookout import ACCOUNTS, Lookout, paused_accounts
from agentrelay.engine.news import is_news
from agentrelay.engine.programs import folder_of_key
from agentrelay.engine.retrying import retried
from agentrelay.engine.seam import Point, Seam
from agentrelay.engine.settle import is_awaited, is_busy
from agentrelay.engine.snapshot import Change, Program, Snapshot
from agentrelay.engine.watcher import Watcher
from agentrelay.engine.workers import Workers
from agentrelay.engine.world import World
from agentrelay.errors import AgentRelayError, InternalError
from agentrelay.executor.core.executor import Unclear
from agentrelay.gitio.worktree import empty_trash
from agentrelay.journal import event as ev
from agentrelay.journal.event import Data, Draft, Event
from agentrelay.journal.store import JournalWriter

SWEEP = 2.0
"""Seconds between looks at what is live, where no wake-up came: the safety net."""

TEND = 10.0
"""Seconds between looks for programs whose supervisors have died."""

ACCOUNT_WAIT_LAST = 3600.0
"""Seconds after which a paused account is looked at again, however far off its time is."""

WORKERS = 8


class Reporter(Protocol):
    """Tells people what happens, as it happens."""

    def changed(self, snapshot: Snapshot, change: Change) -> None:
        """A task or lane went to another status."""
        ...

    def noted(self, snapshot: Snapshot, event: Event) -> None:
        """An event was recorded."""
        ...

    def mended(self, text: str) -> None:
        """Something that a crash had left was mended."""
        ...

    def unclear(self, snapshot: Snapshot, program: Program, why: str) -> None:
        """Whether a program runs can't be told, so it is waited for."""
        ...


@dataclass
class Interruption:
    """What a signal asked for: ``asked`` counts the requests to stop, ``number`` is the last."""

    asked: int = 0
    number: int = 0


class Orchestrator:
    """Carries out one run. Use from one thread; the graph's lock must be held."""

    def __init__(
        self,
        world: World,
        snapshot: Snapshot,
        journal: JournalWriter,
        reporter: Reporter,
        seam: Seam,
    ) -> None:
        """Go on from ``snapshot``, whose last event is the journal's."""
        self._world = world
        self._snapshot = snapshot
        self._journal = journal
        self._reporter = reporter
        self._seam = seam
        self._results: deque[Draft] = deque()
        self._wake_in, self._wake_out = os.pipe()
        for descriptor in (self._wake_in, self._wake_out):
            os.set_blocking(descriptor, False)
        self._fifo = wake.listen(world.folders.wake)
        self._folders: dict[str, Path] = {}
        self._alarms = Alarms(world.clock, self._longest_wait)
        self._keeper = Keeper(world)
        self._lookout = Lookout(world)
        self._watcher = Watcher(world)
        self._told: set[tuple[str, str]] = set()
        self._swept = 0.0
        self._tended = 0.0
        self.interruption = Interruption()
        self.bug: str | None = None
        self._workers = Workers(WORKERS)

    @property
    def snapshot(self) -> Snapshot:
        """Return the run as it is now."""
        return self._snapshot

    def begin(self, first: Draft) -> None:
        """Record how the run starts or goes on, and do what a crash left announced but undone."""
        if recovery.was_cut_off(self._snapshot):
            atomic.sweep(self._world.folders.root)
            scratch.sweep()
        publisher.publish_all(self._world, self._snapshot)
        if first.data.get("mode") == "full":
            self._workers.submit(0, self._warm_up)
        left = recovery.unfinished(self._snapshot)
        self._take([first, *self._watcher.seen(self._snapshot), *self._requests()])
        for intent in left:
            self._submit(intent)

    def run(self, *, stay: bool) -> None:
        """Carry on until the run is finished or only people can move it.

        With ``stay``, waiting for people does not end it. An interruption ends it as soon as the
        acts under way are done.
        """
        while not self._is_over(stay=stay):
            self._wait()
            self._take(self._inputs())

    def interrupt(self, *, end: bool) -> None:
        """Let nothing new start; with ``end``, also end what runs. Returns when that is done."""
        self._take([Draft(ev.RUN_INTERRUPTED, data={"end": end})])
        while self._snapshot.in_flight or (end and self._snapshot.programs):
            self._wait()
            self._take(self._inputs())

    def await_second(self, seconds: float) -> None:
        """Give people ``seconds`` to ask for more than letting nothing new start."""
        until = time.monotonic() + seconds
        while self.interruption.asked == 1 and (left := until - time.monotonic()) > 0:
            select.select([self._wake_in], [], [], left)
            wake.drain(self._wake_in)

    def close(self) -> None:
        """End the workers and close what is open; running agents go on."""
        self._workers.close()
        self._world.executor.close()
        empty_trash(self._world.repo, root=self._world.worktrees)
        for descriptor in (self._wake_in, self._wake_out, self._fifo):
            if descriptor is not None:
                os.close(descriptor)

    def wake(self) -> None:
        """Make the loop look around now; safe from threads and signal handlers."""
        try:
            os.write(self._wake_out, b".")
        except BlockingIOError:
            return

    def _is_over(self, *, stay: bool) -> bool:
        s = self._snapshot
        if self.interruption.asked:
            return True
        if s.finished is not None or (s.waiting_code is not None and not stay):
            return True
        if s.starts_agents or s.in_flight:
            return False
        awaits = any(is_awaited(s, program) for program in s.programs.values())
        return not awaits and not s.wanting["gates"]

    def _wait(self) -> None:
        if self._results:
            return
        s = self._snapshot
        pause = SWEEP if s.programs or any(s.wanting.values()) or not is_busy(s) else None
        if pause is None and paused_accounts(s):
            pause = ACCOUNTS
        due = self._alarms.pause(s.timers)
        if due is not None:
            pause = due if pause is None else min(pause, due)
        sources = [self._wake_in] + ([self._fifo] if self._fifo is not None else [])
        ready, _, _ = select.select(sources, [], [], pause)
        for descriptor in ready:
            wake.drain(descriptor)
        if self._fifo in ready or not ready:
            self._swept = 0.0

    def _inputs(self) -> list[Draft]:
        found: list[Draft] = []
        while self._results:
            found.append(self._results.popleft())
        if found and time.monotonic() - self._swept < SWEEP:
            return found
        self._swept = time.monotonic()
        found += self._requests()
        found += questions_asked(self._snapshot, self._folder_of)
        self._tend_orphans()
        for program in list(self._snapshot.programs.values()):
            ended = observe.look_at(self._world, program, self._folder_of(program.key))
            if isinstance(ended, Unclear):
                self._tell_unclear(program, ended)
            elif ended is not None:
                found.append(ended)
        if not self._snapshot.stopped:
            turns = self._keeper.due(self._snapshot.programs.values())
            looks = [partial(self._keeper.look, turn) for turn in turns]
            for look in (*looks, *self._watcher.due(self._snapshot)):
                self._workers.submit(EffectKind.TURN_KEEP.rank, partial(self._look, look))
        return found + self._timers() + self._lookout.news(self._snapshot)

    def _look(self, look: Callable[[], Draft | None]) -> None:
        news = None
        try:
            news = look()
        except Exception as error:  # noqa: BLE001 - the root of a worker: its thread must live on
            self.bug = "".join(traceback.format_exception(error))
        if news is not None:
            self._results.append(news)
            self.wake()

    def _tend_orphans(self) -> None:
        """End what dead supervisors left and would have ended by now; rarely, since it is rare."""
        if time.monotonic() - self._tended < TEND:
            return
        self._tended = time.monotonic()
        for key in list(self._snapshot.programs):
            self._world.tend(self._folder_of(key))

    def _tell_unclear(self, program: Program, found: Unclear) -> None:
        """Say, once, that it can't be told whether a program runs: it is waited for."""
        if (program.key, found.why) not in self._told:
            self._told.add((program.key, found.why))
            self._reporter.unclear(self._snapshot, program, found.why)

    def _folder_of(self, key: str) -> Path:
        # Looked at every two seconds for each agent: making a path anew costs more than the look.
        if key not in self._folders:
            self._folders[key] = folder_of_key(self._world.run_folders, key)
        return self._folders[key]

    def _requests(self) -> list[Draft]:
        drafts: list[Draft] = []
        for request in inbox.waiting(self._world.folders.inbox):
            if request.id in self._snapshot.known_requests:
                inbox.remove(self._world.folders.inbox, request.id)
                continue
            data = {
                "id": request.id,
                "verb": request.verb,
                "by": request.by,
                "text": request.text,
                "approval": dict(request.approval),
            }
            drafts.append(Draft(ev.REQUEST_RECEIVED, request.workstream, request.task, data=data))
        return drafts

    def _timers(self) -> list[Draft]:
        due = self._alarms.due(self._snapshot.timers)
        return [Draft(ev.TIMER_DUE, data={"tasks": due})] if due else []

    def _longest_wait(self, task: str) -> float:
        waits = self._snapshot.tasks[task].account_wait is not None
        return ACCOUNT_WAIT_LAST if waits else BACKOFF_LAST

    def _take(self, inputs: list[Draft]) -> None:
        """Decide on inputs, journal the whole step at once, publish, and start the acts."""
        inputs = [draft for draft in inputs if is_news(self._snapshot, draft)]
        if not inputs:
            return
        now = rfc3339(self._world.clock.now())
        recorded: list[Event] = []

        def record(draft: Draft) -> Event:
            event = Event(self._snapshot.seq + 1, now, *draft)
            apply(self._snapshot, event)
            recorded.append(event)
            return event

        bug: InternalError | None = None
        for draft in inputs:
            try:
                steps(self._snapshot, record(draft), record)
            except InternalError as error:
                bug = error
        self._seam.before(recorded)
        self._journal.append(recorded)
        self._seam.after(recorded)
        self._publish(recorded)
        for event in recorded:
            if event.type == ev.EFFECT_INTENT:
                self._submit(event)
        if bug is not None:
            raise bug

    def _publish(self, recorded: list[Event]) -> None:
        changes = self._snapshot.changes
        publisher.publish_changes(self._world, changes)
        for event in recorded:
            if event.type == ev.REQUEST_RECEIVED:
                inbox.remove(self._world.folders.inbox, event.data["id"])
            elif event.type == ev.REQUEST_ANSWERED:
                answer = inbox.Answer(event.data["granted"], event.data["text"])
                inbox.publish_answer(self._world.folders.inbox, event.data["id"], answer)
            self._reporter.noted(self._snapshot, event)
        for change in changes:
            self._reporter.changed(self._snapshot, change)
        changes.clear()

    def _submit(self, intent: Event) -> None:
        rank = EffectKind(intent.data["kind"]).rank
        self._workers.submit(rank, lambda: self._perform(intent))

    def _warm_up(self) -> None:
        # Beside the first acts; where it fails, the first start of an agent says so.
        with suppress(AgentRelayError, OSError):
            self._world.executor.warm_up()

    def _perform(self, intent: Event) -> None:
        kind = EffectKind(intent.data["kind"])
        head = {"key": intent.data["key"], "kind": kind.value}
        try:
            result = retried(lambda: ACTS[kind](self._world, intent))
            draft = _about(ev.EFFECT_DONE, intent, {**head, **result})
        except AgentRelayError as error:
            facts = {"code": error.code, "message": error.message, "hint": error.hint}
            draft = _about(ev.EFFECT_FAILED, intent, {**head, **facts})
        except OSError as error:
            facts = {"code": "AR-EXT-001", "message": str(error), "hint": ""}
            draft = _about(ev.EFFECT_FAILED, intent, {**head, **facts})
        except Exception as error:  # noqa: BLE001 - the root of a worker: nothing may vanish here
            self.bug = "".join(traceback.format_exception(error))
            facts = {"code": "AR-BUG-001", "message": f"internal error: {error!r}", "hint": ""}
            draft = _about(ev.EFFECT_FAILED, intent, {**head, **facts})
        self._seam.at(intent.data["key"], Point.AFTER_ACT)
        self._results.append(draft)
        self.wake()


def _about(type_: str, intent: Event, data: Data) -> Draft:
    return Draft(type_, intent.workstream, intent.task, intent.attempt, intent.turn, data)
