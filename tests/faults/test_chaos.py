"""Whatever is killed or stopped at random, and when: all lands once, and nothing is left.

AGENTRELAY_CHAOS_SECONDS has one storm after the other for so long, AGENTRELAY_CHAOS_SEED is the
first one's seed; ``make chaos SECONDS=600 SEED=7`` sets them.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.faults.chaos import weathered

# The environment of each test is pinned, so these are read before.
SECONDS = float(os.environ.get("AGENTRELAY_CHAOS_SECONDS") or 0)
SEED = int(os.environ.get("AGENTRELAY_CHAOS_SEED") or random.SystemRandom().randrange(10**6))
SHORT, LONG = 12, 50
"""Blows in the one storm of the tests, and in each where there is time."""


@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds its victims in /proc")
def test_a_storm_of_kills_and_stops_costs_nothing(tmp_path: Path) -> None:
    deadline = time.monotonic() + SECONDS
    blows: Counter[str] = Counter()
    count = 0
    while count == 0 or time.monotonic() < deadline:
        seed = SEED + count
        base = tmp_path / str(seed)
        base.mkdir()
        try:
            blows += weathered(base, seed, LONG if SECONDS else SHORT).blows
        except BaseException as error:
            error.add_note(f"seed {seed}: make chaos SEED={seed}; its run is in {base}")
            raise
        count += 1
    told = ", ".join(f"{number} times {blow}" for blow, number in sorted(blows.items()))
    print(f"storms {count}/{count}, seeds from {SEED} on: {told}")
    assert blows
