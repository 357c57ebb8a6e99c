"""The whole search for crash points: ``make crash``.

Each is searched alone, or several are in each play, which takes a part of the time. Machines, or
evenings, can share it: each takes a shard. What fails is printed at once, and again at the end.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.scenarios import SCENARIOS
from tests.faults.searching import Search, chained, servers
from tests.gitrepo import pinned_environment

PUBLISH = ("none", "branches", "all")
SUBJECTS = {f"{name} {publish}": (name, publish) for name in SCENARIOS for publish in PUBLISH}
SUBJECTS["forged github"] = ("forged", "github")
"""What is searched, by its name on the command line."""

PAUSE = 30.0
"""Seconds between two lines that say how far the search is."""


@dataclass
class Tally:
    """How far the search of a subject is: of ``chosen`` points, ``played`` have been killed at."""

    name: str
    chosen: int = 0
    played: int = 0
    failures: list[str] = field(default_factory=list[str])
    began: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        passed = self.played - len(self.failures)
        minutes = (time.monotonic() - self.began) / 60
        return f"{self.name}: {passed}/{self.played} of {self.chosen} in {minutes:.1f} minutes"


def main(argv: Sequence[str]) -> int:
    """Kill at every point of every effect that was asked for; return the exit code."""
    asked = _asked(argv)
    lines: list[str] = []
    tallies: list[Tally] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crash-")))
        free = stack.enter_context(servers(asked.plays))
        environment = pinned_environment(folder / "home", os.environ["PATH"])
        os.environ.clear()
        os.environ.update(environment)
        for name in asked.only or SUBJECTS:
            base = folder / name.replace(" ", "-")
            base.mkdir()
            search = Search(base, free, asked.plays)
            tallies.append(_searched(search, name, asked.shard, asked.kills))
            lines.append(str(tallies[-1]))
    failures = [failure for tally in tallies for failure in tally.failures]
    print(*failures, "\n".join(lines), sep="\n\n")
    total = sum(tally.played for tally in tallies)
    print(f"crash points {total - len(failures)}/{total}")
    return 1 if failures else 0


def _searched(search: Search, name: str, shard: tuple[int, int], kills: int) -> Tally:
    """Play a subject until each point of the shard was killed at; say now and then how far it is.

    ``kills`` of them are in one play.
    """
    tally = Tally(name)
    scenario, publish = SUBJECTS[name]
    subject = search.undisturbed(SCENARIOS[scenario], publish)
    number, of = shard
    points = subject.points[number - 1 :: of]
    chains = chained(points, kills)
    tally.chosen = len(points)
    told = time.monotonic()
    for chain, failures in zip(chains, search.each(subject, chains), strict=True):
        tally.played += len(chain)
        tally.failures += failures
        is_last = tally.played == tally.chosen
        if failures or is_last or time.monotonic() - told > PAUSE:
            print(*failures, tally, sep="\n", flush=True)
            told = time.monotonic()
    return tally


def _asked(argv: Sequence[str]) -> argparse.Namespace:
    """Return what the command line asks for: ``plays`` at once, ``kills``, ``shard``, ``only``."""
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--plays", type=int, default=4, help="so many at once")
    parser.add_argument("--kills", type=int, default=1, help="so many in each play")
    parser.add_argument("--shard", type=_shard, default=(1, 1), help="2/4: the second of four")
    parser.add_argument("--only", action="append", choices=SUBJECTS, help="one subject")
    return parser.parse_args(argv)


def _shard(text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    if not 1 <= int(number) <= int(of):
        message = f"{text} is no shard"
        raise ValueError(message)
    return int(number), int(of)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
