"""The whole search for crash points, each of them alone: ``make crash``."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.scenarios import SCENARIOS
from tests.faults.searching import Search, alone, servers
from tests.gitrepo import pinned_environment

PUBLISH = ("none", "branches", "all")


def main(shards: int) -> int:
    """Kill at every point of every effect, and once more; return the exit code."""
    began, total, failed = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory(prefix="crash-") as folder, servers(shards) as free:
        environment = pinned_environment(Path(folder) / "home", os.environ["PATH"])
        os.environ.clear()
        os.environ.update(environment)
        for name, scenario in SCENARIOS.items():
            for publish in PUBLISH:
                base = Path(folder) / f"{name.replace(' ', '-')}-{publish}"
                base.mkdir()
                search = Search(base, free, shards)
                subject = search.undisturbed(scenario, publish)
                failures = search.failures(subject, alone(subject.points))
                total += len(subject.points)
                failed += len(failures)
                passed = len(subject.points) - len(failures)
                minutes = (time.monotonic() - began) / 60
                where = f"{name}, publish: {publish}"
                print(f"{where}: {passed}/{len(subject.points)} after {minutes:.1f} minutes")
                print(*failures, sep="\n\n", flush=True)
    print(f"crash points {total - failed}/{total}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
