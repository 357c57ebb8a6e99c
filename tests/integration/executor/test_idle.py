"""Fifty waiting supervisors cost next to nothing."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.integration.executor.scene import Scene, until

from agentrelay.executor.core.executor import Bounds, Ended

COUNT = 50
WATCHED = 4.0


@pytest.mark.skipif(sys.platform != "linux", reason="memory and CPU time are read from /proc")
@pytest.mark.timeout(180)
def test_fifty_supervisors_wait_at_no_cost(scene: Scene) -> None:
    def start(number: int) -> Path:
        bounds = Bounds(start=90, idle=900)
        return scene.start(f"a{number}", ("sleep", "600"), bounds=bounds)

    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(start, range(COUNT)))
    supervisors = [scene.supervisor(folder) for folder in folders]
    assert max(memory(pid) for pid in supervisors) < 15 * 1024
    before = sum(cpu(pid) for pid in supervisors)
    time.sleep(WATCHED)  # the time over which the CPU use is measured
    used = sum(cpu(pid) for pid in supervisors) - before
    # An awake one would use all of a core; a hundredth of one for all fifty is generous.
    assert used / WATCHED < 0.05
    for folder in folders:
        scene.executor.stop(folder, "enough")
    until(lambda: all(isinstance(scene.look(folder), Ended) for folder in folders), "all to end")


def memory(pid: int) -> int:
    """Return the proportional share of memory in kB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise AssertionError(pid)


def cpu(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
