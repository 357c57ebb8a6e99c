"""Prints the benchmarks: ratios of one run, the absolute figures beside them.

``run.py [--quick] [NAME...]``: medians of five rounds, or one round; all, or those named. Set
TMPDIR to choose the disk. Other work on the machine makes every figure worse, ratios the least.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import reading
import runs
import scheduling
import waiting
import yardsticks
from table import Row, render

ROUNDS = 5

BENCHMARKS: dict[str, Callable[[int], list[Row]]] = {
    "chain": runs.chain,
    "lanes": runs.lanes,
    "scheduling": scheduling.rows,
    "plan": reading.plan,
    "commands": reading.commands,
    "waiting": lambda _: waiting.agents(),
    "approval": waiting.approval,
}


def main() -> None:
    """Run the benchmarks that are asked for and print their table."""
    parser = argparse.ArgumentParser(description="Print agentrelay's benchmarks.")
    parser.add_argument("--quick", action="store_true", help="one round instead of five")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    rounds = 1 if chosen.quick else ROUNDS
    print(yardsticks.describe(ROUNDS), flush=True)
    rows: list[Row] = []
    for name, measure in BENCHMARKS.items():
        if not chosen.names or name in chosen.names:
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            rows += measure(rounds)
    print(f"\n{render(rows)}\n\nmedian of {rounds}; 'OVER' is over the target on this machine")


if __name__ == "__main__":
    main()
