"""What people wait for when they only look: ``plan`` of a large graph, ``--help``, ``status``."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import yaml

import scheduling
import scratch
from agentrelay.app import new_run, place
from agentrelay.config.load import parse_graph
from agentrelay.graph.plan import plan_of
from agentrelay.journal.store import JournalWriter
from table import Row

TASKS = 5_000
PLAN_RATIO = 2.0
HELP_SECONDS = 0.12
STATUS_SECONDS = 0.3
STATUS_TASKS = 1_000


def plan(rounds: int) -> list[Row]:
    """Measure loading and planning a graph against libyaml's compose of the same text."""
    text = scheduling.lanes(TASKS)
    composed: list[float] = []
    planned: list[float] = []
    for _ in range(rounds):
        composed.append(_cpu(lambda: yaml.compose(text, yaml.CSafeLoader)))
        planned.append(_cpu(lambda: plan_of(parse_graph(text, "bench").graph)))
    ratio = median(ours / floor for ours, floor in zip(planned, composed, strict=True))
    return [
        Row(
            f"plan of {TASKS:,} tasks ÷ libyaml's compose",
            f"<= {PLAN_RATIO:g} x",
            f"{ratio:.2f} x",
            ratio <= PLAN_RATIO,
            f"{median(planned):.2f} s CPU, compose {median(composed):.2f} s",
        )
    ]


def commands(rounds: int) -> list[Row]:
    """Measure the processor time of ``agentrelay --help`` and of ``status`` of a large run."""
    folder = scratch.folder()
    environ = scratch.bytecode(folder / "bytecode")
    repository = scratch.repository(folder / "repository", files=20)
    _store_run(repository)
    return [
        _row(
            "agentrelay --help",
            ["--help"],
            repository=repository,
            environ=environ,
            limit=HELP_SECONDS,
            rounds=rounds,
        ),
        _row(
            f"agentrelay status, a run of {STATUS_TASKS:,} tasks",
            ["status"],
            repository=repository,
            environ=environ,
            limit=STATUS_SECONDS,
            rounds=rounds,
        ),
    ]


def _row(  # noqa: PLR0913 - what is measured
    name: str,
    arguments: list[str],
    *,
    repository: Path,
    environ: dict[str, str],
    limit: float,
    rounds: int,
) -> Row:
    argv = [sys.executable, "-m", "agentrelay", *arguments]
    _seconds(argv, repository, environ)  # writes the bytecode
    taken = [_seconds(argv, repository, environ) for _ in range(rounds)]
    cpu, wall = (median(column) for column in zip(*taken, strict=True))
    return Row(
        name, f"< {limit:.2f} s CPU", f"{cpu:.2f} s", cpu < limit, f"wall {wall * 1000:.0f} ms"
    )


def _seconds(argv: list[str], cwd: Path, environ: dict[str, str]) -> tuple[float, float]:
    """Return the processor and wall seconds of a command, its interpreter and children included."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(argv, cwd=cwd, env=environ, stdout=subprocess.DEVNULL, check=False)
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 5):
        message = f"{argv[2:]} ended with {done.returncode}"
        raise RuntimeError(message)
    user = after.ru_utime - before.ru_utime
    return user + after.ru_stime - before.ru_stime, wall


def _store_run(repository: Path) -> None:
    """Store a finished run of so many tasks, as if it had been carried out there."""
    here = place.open_place(repository, scratch.ENVIRON)
    loaded = parse_graph(scheduling.lanes(STATUS_TASKS), "g.yaml", here.given())
    run = here.folders(loaded.graph.name).run(1)
    new_run.create_run(run, new_run.new_facts(here, loaded), loaded.source, loaded.graph)
    journal = JournalWriter(run.journal)
    journal.append(scheduling.journal(loaded.graph))
    journal.close()


def _cpu(act: Callable[[], object]) -> float:
    begin = time.process_time()
    act()
    return time.process_time() - begin
