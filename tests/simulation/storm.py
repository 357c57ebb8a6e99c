"""One simulated run from its seed: graph, faults, crashes and people, up to its end.

`storm(seed)` is what the tests run many times. ``python -m tests.simulation.storm 17`` runs one
and prints its journal.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from random import Random

from tests.adapters.faulty_world import FaultyRun
from tests.adapters.model_world import TOKENS
from tests.simulation.graphs import graph_of
from tests.simulation.invariants import (
    Watch,
    assert_journal_replays,
    assert_rest_is_explained,
    assert_world_agrees,
)

from agentrelay.engine import budgets
from agentrelay.engine.pauses import in_force
from agentrelay.engine.settle import DONE
from agentrelay.engine.snapshot import LaneState, Snapshot, TaskState
from agentrelay.graph.model import TaskGraph
from agentrelay.journal.event import encode
from agentrelay.task.core.task import Budget, TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus as W

STEPS = 4000
"""More than any run of such a graph takes; a run that reaches it goes round in circles."""
FAULT_RATES = (0.0, 0.02, 0.1, 0.3)
PATIENCE = 100
"""So many things does a person mend before giving a run up."""


def storm(seed: int) -> FaultyRun:
    """Run a graph of this seed through its storm, then to the end; all invariants hold."""
    random = Random(seed)
    graph = graph_of(random)
    if random.random() < 0.3:
        graph = replace(graph, limits=Budget(tokens=random.randint(1, 15) * TOKENS))
    return weathered(graph, seed, random.choice(FAULT_RATES), people=random.choice((0, 2, 10)))


def weathered(graph: TaskGraph, seed: int, fault_rate: float, *, people: int) -> FaultyRun:
    """Let a run be disturbed for a while, rest, and be brought to its end by people."""
    run = FaultyRun(graph, seed, fault_rate, Watch)
    run.start()
    for _ in range(run.random.randrange(20, 300)):
        disturb(run, people)
        if not run.step(people):
            break
    run.fault_rate = 0.0
    settle(run)
    assert_rest_is_explained(run.snapshot)
    assert_world_agrees(run)
    for _ in range(run.random.choice((0, 1, 3)) if people else 0):
        take_back(run)
        settle(run)
        assert_world_agrees(run)
    mend(run)
    revert_some(run, fault_rate)
    assert run.snapshot.finished == DONE
    assert all(lane.status is W.MERGED for lane in run.snapshot.lanes.values())
    assert all(task.status is TaskStatus.MERGED for task in run.snapshot.tasks.values())
    assert not any(task.messages for task in run.snapshot.tasks.values())
    assert not run.world.live
    assert_world_agrees(run)
    assert_journal_replays(run)
    return run


def revert_some(run: FaultyRun, fault_rate: float) -> None:
    """Have some of what landed reverted, in a storm of its own, and let the run rest again."""
    run.fault_rate = fault_rate
    for lane in run.random.sample(list(run.snapshot.lanes), k=min(2, len(run.snapshot.lanes))):
        run.revert(lane)
        for _ in range(run.random.randrange(20)):
            disturb(run, people=0)
            run.step(people=0)
    run.fault_rate = 0.0
    if run.snapshot.stopped:
        run.crash()
    mend(run)


def disturb(run: FaultyRun, people: int) -> None:
    """Now and then, kill the orchestrator or interrupt it, and start it again."""
    chance = run.random.random()
    if chance < 0.02:
        run.crash()
    elif chance < 0.03:
        run.crash_while_writing(people)
    elif chance < 0.04:
        run.interrupt(end=run.random.random() < 0.5)
        run.crash()
    elif chance < 0.045:
        run.crash(mode="landing")
        for _ in range(10):
            run.step(20)
        run.crash()


def settle(run: FaultyRun) -> None:
    """Let a run go on until nothing happens by itself."""
    for _ in range(STEPS):
        if not run.step(people=0):
            return
    raise AssertionError("the run does not come to rest")


def take_back(run: FaultyRun) -> None:
    """Reset something of a run that rests, mostly something that is done and has not landed."""
    s, random = run.snapshot, run.random
    open_ = [lane for lane in s.lanes.values() if lane.status is not W.MERGED]
    done = [name for lane in open_ for name, _ in lane.merges]
    if done and random.random() < 0.7:
        run.request("reset", task=random.choice(done))
    elif open_ and random.random() < 0.5:
        run.request("reset", lane=random.choice(open_).id)
    else:
        run.request("reset", task=random.choice(list(s.tasks)))


def mend(run: FaultyRun) -> None:
    """Do, patiently, what a person would do about each thing that waits."""
    for _ in range(PATIENCE):
        settle(run)
        if run.snapshot.finished == DONE or not (_let_go_on(run) or _mend_one(run)):
            return
    raise AssertionError("people can't bring the run to its end")


def _let_go_on(run: FaultyRun) -> bool:
    if (pause := next(in_force(run.snapshot), None)) is not None:
        run.request("unpause", task=pause.task, lane=pause.lane)
        return True
    taken = [t.id for t in run.snapshot.tasks.values() if t.taken and not t.hold]
    if taken:
        run.request(run.random.choice(("give", "retry")), task=taken[0])
    return bool(taken)


def _mend_one(run: FaultyRun) -> bool:
    s = run.snapshot
    if any(_mend_task(run, task) for task in s.tasks.values()):
        return True
    for lane in s.lanes.values():
        if lane.hold is not None and lane.hold.kind == "conflict":
            run.resolve(lane.id)
            return True
        if lane.status is W.FAILED or (lane.hold and not _is_for_approval(s, lane)):
            run.request("retry", lane=lane.id)
            return True
    for lane in s.lanes.values():
        if lane.hold is not None:
            run.approve(lane.id)
            return True
    return False


def _is_for_approval(s: Snapshot, lane: LaneState) -> bool:
    kind = lane.hold.kind if lane.hold is not None else ""
    is_failed = any(s.lanes[name].status is W.FAILED for name in lane.upstream)
    return kind == "approval" or (kind == "upstream" and not is_failed)


def _mend_task(run: FaultyRun, task: TaskState) -> bool:
    if task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED) and not task.doomed:
        run.request("retry", task=task.id)
    elif task.hold is None:
        return False
    elif (found := budgets.find_overrun(run.snapshot, task)) is not None:
        more = {found.key: str(found.used + 100 * TOKENS)}
        run.request("limit", lane=found.lane, task=found.task, approval=more)
    else:
        run.request("approve" if task.hold.kind == "was_red_before" else "retry", task=task.id)
    return True


if __name__ == "__main__":
    for line in storm(int(sys.argv[1])).events:
        print(encode(line))
