"""One supervision from the program's start to its published outcome."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from agentrelay._shared import atomic, process, questions, wake
from agentrelay._shared.clock import SystemClock
from agentrelay._shared.liveness import start_time
from agentrelay.executor.core import calls, records
from agentrelay.executor.core.executor import Ending, Outcome
from agentrelay.executor.supervisor import ladder
from agentrelay.executor.supervisor.inbox import Inbox
from agentrelay.executor.supervisor.platforms import tree_of
from agentrelay.executor.supervisor.steps import Listener, Step
from agentrelay.executor.supervisor.tree import Member, ProcessTree
from agentrelay.executor.supervisor.watch import Sample, Watch

CHECK = 60.0
"""Seconds after which a missed hint (stop, call, deleted folder) is noticed all the same."""
RETRY = 2.0
ASLEEP = 1.0
"""Seconds by which waking up may be late; more means that this process did not run meanwhile."""
OUTPUT = 1
"""Our own standard output is the output log, so that it needs no path and no pipe."""


@dataclass(frozen=True, slots=True)
class Post:
    """What a supervisor stands for: ``home`` is the folder's status when it was started."""

    folder: Path
    home: os.stat_result
    order: records.Order
    environ: Mapping[str, str] = field(repr=False)
    lock: int
    allowances: Sequence[int]

    def has_folder(self) -> bool:
        """Tell whether the folder is still there, the same one."""
        try:
            return os.path.samestat(os.stat(self.folder), self.home)
        except OSError:
            return False


def supervise(post: Post, started: records.Started, inbox: Inbox, listener: Listener) -> None:
    """Run the program of ``post`` and publish how it ended, after all of its tree has."""
    hints = _listen(post, inbox)
    begin = time.monotonic()
    before = _sample(post, tree_of(post.order.marker, root=os.getpid()))
    program = _start(post, inbox)
    if program is None:
        outcome = _outcome(Ending.NOT_STARTED, None, (started.time, begin))
    else:
        listener(post.folder, Step.BEGUN)
        tree = tree_of(post.order.marker, root=os.getpid(), leader=program.pid)
        watch = Watch(post.order.bounds, time.monotonic(), before)
        ending = _Attention(post, started.calls_after, inbox, tree, watch).wait()
        listener(post.folder, Step.ENDED)
        survivors = _end(tree, program, ending, inbox)
        outcome = _outcome(ending, inbox.status, (started.time, begin), survivors)
    listener(post.folder, Step.EMPTIED)
    for descriptor in post.allowances:
        os.close(descriptor)
    _publish(post, outcome, inbox)
    listener(post.folder, Step.SAID)
    if hints is not None:
        with suppress(OSError):
            hints.unlink()
    if post.order.wake is not None:
        wake.ring(post.order.wake)


def _listen(post: Post, inbox: Inbox) -> Path | None:
    if post.order.calls is None:
        return None
    fifo = post.order.calls / calls.WAKE
    descriptor = wake.listen(fifo)
    if descriptor is None:
        return None
    inbox.listen(descriptor)
    return fifo


def _start(post: Post, inbox: Inbox) -> Member | None:
    reader, writer = os.pipe()
    inbox.main = process.fork_exec(
        post.order.argv,
        cwd=post.order.cwd,
        env=post.environ,
        output=OUTPUT,
        keep=(post.lock,),
        failed=writer,
    )
    os.close(writer)
    # The end of the pipe is closed by a successful exec: then there is nothing to read.
    failed = os.read(reader, 1)
    os.close(reader)
    return None if failed else Member(inbox.main, start_time(inbox.main) or "")


class _Attention:
    """Waits until the program has ended, or has to be ended."""

    def __init__(
        self, post: Post, after: str, inbox: Inbox, tree: ProcessTree, watch: Watch
    ) -> None:
        self._post = post
        self._after = after
        self._inbox = inbox
        self._tree = tree
        self._watch = watch
        self._stop = f"{os.fspath(post.folder)}/{records.STOP}"
        self._asking = post.folder / questions.FOLDER
        self._heard: list[str] = []
        self._completed: float | None = None

    def wait(self) -> Ending:
        """Return why the program has ended, or why it must be ended now."""
        while True:
            self._wait()
            if self._inbox.status is not None:
                return Ending.EXITED
            ending = self._decide(time.monotonic())
            if ending is not None:
                return ending

    def _wait(self) -> None:
        patience = self._patience()
        # Whoever asks a person, or is answered, rings: so it is known for all of the wait.
        asks = questions.is_open(self._asking, SystemClock().now())
        begin = time.monotonic()
        self._inbox.wait(patience)
        passed = time.monotonic() - begin
        if asks:
            self._watch.slept(passed)
        elif passed - patience > ASLEEP:
            self._watch.slept(passed - patience)

    def _decide(self, now: float) -> Ending | None:
        if self._inbox.stopped or os.path.exists(self._stop):
            return Ending.STOPPED
        if not self._post.has_folder():
            return Ending.STOPPED
        if self._completed is None and self._has_last_word():
            self._completed = now
        if self._completed is not None and now >= self._completed + self._post.order.grace:
            return Ending.COMPLETED
        due = self._watch.next()
        if due is None or now < due:
            return None
        return self._watch.observe(now, _sample(self._post, self._tree))

    def _patience(self) -> float:
        times = [self._watch.next()]
        if self._completed is not None:
            times.append(self._completed + self._post.order.grace)
        now = time.monotonic()
        return max(0.0, min([CHECK, *(moment - now for moment in times if moment is not None)]))

    def _has_last_word(self) -> bool:
        folder = self._post.order.calls
        if folder is None:
            return False
        try:
            heard = os.listdir(folder / calls.CALLS)
        except OSError:
            return False
        if heard == self._heard:
            return False
        self._heard = heard
        made = calls.read_calls(folder, self._post.order.token_digest, after=self._after)
        return calls.last_word(made) is not None


def _sample(post: Post, tree: ProcessTree) -> Sample:
    agent = post.order.calls
    folders = [post.order.cwd, *([agent, agent / calls.CALLS] if agent else [])]
    touched = max(_modified(folder) for folder in folders)
    usage = tree.usage()
    return Sample(os.fstat(OUTPUT).st_size, touched, usage.written, usage.cpu)


def _end(tree: ProcessTree, program: Member, ending: Ending, inbox: Inbox) -> int:
    if ending is not Ending.EXITED:
        ladder.interrupt(tree, program, lambda: inbox.status is not None, inbox.wait)
    survivors = ladder.end_tree(tree, program.pid, inbox.wait)
    if inbox.status is None:
        inbox.wait(ladder.SETTLE)
    return survivors


def _outcome(
    ending: Ending, status: int | None, begin: tuple[float, float], survivors: int = 0
) -> Outcome:
    """Return the outcome; ``begin`` is when the program began, by wall and by monotonic clock."""
    exit_code = status if status is not None and status >= 0 else None
    signal = -status if status is not None and status < 0 else None
    started, then = begin
    # Counted on from the start: a clock that was set meanwhile changes no duration.
    ended = started + time.monotonic() - then
    return Outcome(ending, exit_code, signal, started, ended, survivors)


def _publish(post: Post, outcome: Outcome, inbox: Inbox) -> None:
    """Publish, however long the disk is full; without its folder nobody would look for it."""
    while post.has_folder():
        try:
            atomic.publish_once(post.folder / records.OUTCOME, records.encode_outcome(outcome))
        except OSError:
            inbox.wait(RETRY)
        else:
            return


def _modified(folder: Path) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0
