"""The real decisions and the real fold, in worlds where everything goes wrong in every order."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.adapters.faulty_world import FaultyRun
from tests.simulation.graphs import graphs
from tests.simulation.invariants import Watch
from tests.simulation.storm import FAULT_RATES, settle, storm, weathered

from agentrelay.engine.settle import DONE
from agentrelay.graph.model import TaskGraph

TOP = Path(__file__).resolve().parents[2]
SEEDS = 60
EXAMPLES = int(os.environ.get("AGENTRELAY_SIMULATIONS", "40"))

simulated = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_storms_end_done_and_their_journals_replay() -> None:
    for seed in range(SEEDS):
        try:
            storm(seed)
        except Exception as error:
            error.add_note(f"seed {seed}: python -m tests.simulation.storm {seed}")
            raise


@simulated
@given(graphs(), st.integers(0, 2**32), st.sampled_from(FAULT_RATES), st.integers(0, 10))
def test_a_run_rests_only_where_people_know_why_and_they_can_end_it(
    graph: TaskGraph, seed: int, fault_rate: float, people: int
) -> None:
    weathered(graph, seed, fault_rate, people=people)


@simulated
@given(graphs(), st.integers(0, 2**32))
def test_a_run_without_faults_ends_done_or_waits_for_approvals(graph: TaskGraph, seed: int) -> None:
    run = FaultyRun(graph, seed, 0.0, Watch)
    run.start()
    settle(run)
    while run.snapshot.finished is None:
        held = [lane for lane in run.snapshot.lanes.values() if lane.hold]
        assert held
        assert all(lane.hold.kind == "approval" for lane in held if lane.hold)
        run.approve(held[0].id)
        settle(run)
    assert run.snapshot.finished == DONE
    assert not run.world.live


def test_a_seed_gives_the_same_journal_in_every_process() -> None:
    journals = [journal_of(seed=5, hash_seed=hash_seed) for hash_seed in ("1", "2")]
    assert journals[0].count(b"\n") > 50
    assert journals[0] == journals[1]


def journal_of(*, seed: int, hash_seed: str) -> bytes:
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation.storm", str(seed)],
        cwd=TOP,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
