"""The real decisions and the real fold, in worlds where everything goes wrong in every order."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.adapters.faulty_world import FaultyRun
from tests.simulation.graphs import graphs
from tests.simulation.invariants import Watch, assert_journal_replays, assert_rest_is_explained

from agentrelay.engine.settle import DONE
from agentrelay.graph.model import TaskGraph
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus as W

EXAMPLES = int(os.environ.get("AGENTRELAY_SIMULATIONS", "200"))
STEPS = 4000
"""More than any run of such a graph takes; a run that reaches it goes round in circles."""

simulated = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@simulated
@given(graphs(), st.integers(0, 2**32))
def test_a_run_without_faults_ends_done_or_waits_for_approvals(graph: TaskGraph, seed: int) -> None:
    run = FaultyRun(graph, seed, 0.0, Watch())
    run.start()
    _settle(run)
    while run.snapshot.finished is None:
        held = [lane for lane in run.snapshot.lanes.values() if lane.hold]
        assert held
        assert all(lane.hold.kind == "approval" for lane in held if lane.hold)
        run.approve(held[0].id)
        _settle(run)
    assert run.snapshot.finished == DONE
    assert not run.running


@simulated
@given(graphs(), st.integers(0, 2**32), st.sampled_from([0.02, 0.1, 0.3]), st.integers(0, 10))
def test_a_run_with_faults_crashes_and_requests_rests_only_where_people_know_why(
    graph: TaskGraph, seed: int, fault_rate: float, people: int
) -> None:
    run = FaultyRun(graph, seed, fault_rate, Watch())
    run.start()
    for _ in range(run.random.randrange(20, 400)):
        if not run.step(people):
            break
        _disturb(run)
    run.fault_rate = 0.0
    _settle(run)
    assert_rest_is_explained(run.snapshot)
    assert run.folded() == run.snapshot
    assert_journal_replays(graph, run.events, run.snapshot)


@simulated
@given(graphs(), st.integers(0, 2**32), st.sampled_from([0.1, 0.3]), st.integers(0, 10))
def test_people_can_bring_every_run_to_its_end(
    graph: TaskGraph, seed: int, fault_rate: float, people: int
) -> None:
    run = FaultyRun(graph, seed, fault_rate, Watch())
    run.start()
    for _ in range(run.random.randrange(20, 300)):
        if not run.step(people):
            break
        _disturb(run)
    run.fault_rate = 0.0
    _mend(run)
    assert run.snapshot.finished == DONE
    assert all(lane.status is W.MERGED for lane in run.snapshot.lanes.values())
    assert all(task.status is TaskStatus.MERGED for task in run.snapshot.tasks.values())
    assert not run.running


def _disturb(run: FaultyRun) -> None:
    chance = run.random.random()
    if chance < 0.02:
        assert run.folded() == run.snapshot
        run.crash()
    elif chance < 0.03:
        run.interrupt(end=run.random.random() < 0.5)
        run.crash()
    elif chance < 0.035:
        run.crash(mode="landing")
        for _ in range(10):
            run.step(20)
        run.crash()


def _settle(run: FaultyRun) -> None:
    for _ in range(STEPS):
        if not run.step(people=0):
            return
    raise AssertionError("the run does not come to rest")


def _mend(run: FaultyRun) -> None:
    """Do, patiently, what a person would do about each thing that waits."""
    for _ in range(60):
        _settle(run)
        if run.snapshot.finished == DONE or not _mend_one(run):
            return
    raise AssertionError("people can't bring the run to its end")


def _mend_one(run: FaultyRun) -> bool:
    s = run.snapshot
    for task in s.tasks.values():
        if task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED) and not task.doomed:
            run.request("retry", task=task.id)
            return True
        if task.hold is not None:
            run.request("approve" if task.hold.kind == "was_red_before" else "retry", task=task.id)
            return True
    for lane in s.lanes.values():
        if lane.status is W.FAILED or (lane.hold and lane.hold.kind != "approval"):
            run.request("retry", lane=lane.id)
            return True
    for lane in s.lanes.values():
        if lane.hold is not None:
            run.approve(lane.id)
            return True
    return False
