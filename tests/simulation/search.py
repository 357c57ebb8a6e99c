"""Search many seeds for a storm that breaks an invariant: ``make simulate SEEDS=5000``.

Prints each seed that fails with the command that runs it again, and how many were run how fast.
"""

from __future__ import annotations

import gc
import os
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.storm import storm

TOLD = 5
"""So many failures are printed whole; of the others, the seeds."""


def failure_of(seed: int) -> str | None:
    """Return what a storm failed by, or None."""
    gc.disable()
    try:
        storm(seed)
    except Exception as error:  # noqa: BLE001 - whatever a storm breaks is what is looked for
        return "".join(traceback.format_exception(error))
    finally:
        gc.enable()
    return None


def search(first: int, count: int) -> int:
    """Run the storms of ``count`` seeds from ``first`` on; return how many failed."""
    began = time.monotonic()
    seeds = range(first, first + count)
    failed: list[int] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for seed, failure in zip(seeds, pool.map(failure_of, seeds, chunksize=20), strict=True):
            if failure is not None:
                failed.append(seed)
                if len(failed) <= TOLD:
                    print(f"seed {seed}: .venv/bin/python -m tests.simulation.storm {seed}")
                    print(failure, flush=True)
    minutes = (time.monotonic() - began) / 60
    print(f"storms {count - len(failed)}/{count}, {count / minutes:,.0f} a minute")
    if failed:
        print(f"failed: {' '.join(map(str, failed))}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(min(1, search(int(sys.argv[2]) if sys.argv[2:] else 0, int(sys.argv[1]))))
