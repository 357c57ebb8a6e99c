"""Whole runs against real git: a chain beside its floor in plain git, and many lanes at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import scratch
from agentrelay.gitio.env import git_environment
from table import Row

HERE = Path(__file__).resolve().parent
TASKS = 20
CHAIN_RATIO = 3.0
LANES = 20
AGENT_SECONDS = 1.0
LANE_SECONDS = 0.1

AGENT = 'echo "$AGENTRELAY_TASK" >> part01/file0001.txt'
SLOW_AGENT = 'echo "$AGENTRELAY_TASK" >> "part01/$AGENTRELAY_TASK.txt"; sleep 1'


@dataclass(frozen=True)
class Carried:
    """A run of ``agentrelay``: its wall time, and what it asked of git and of the disk."""

    seconds: float
    git: int
    flushes: int


def chain(rounds: int) -> list[Row]:
    """Measure 20 chained tasks against their floor, the two in turn."""
    graph = _graph(
        "chain",
        AGENT,
        ["api"],
        [("api", f"t{i}", [f"t{i - 1}"] if i else []) for i in range(TASKS)],
    )
    floors: list[float] = []
    agents: list[float] = []
    carried: list[Carried] = []
    folder = scratch.folder()
    environ = scratch.bytecode(folder / "bytecode")
    _carry(scratch.repository(folder / "warm", files=20), graph, environ)
    for index in range(rounds):
        floors.append(_floor(scratch.repository(folder / f"floor{index}")))
        repository = scratch.repository(folder / f"run{index}")
        agents.append(_agent_alone(repository))
        carried.append(_carry(repository, graph, environ))
    floor, agent = median(floors), median(agents)
    over = median(run.seconds for run in carried) / TASKS - agent
    ratio = median(
        (run.seconds / TASKS - agent) / floor for run, floor in zip(carried, floors, strict=True)
    )
    detail = (
        f"{_ms(over)} a task, floor {_ms(floor)}, agent alone {_ms(agent)}; "
        f"{carried[-1].git / TASKS:.1f} git processes and {carried[-1].flushes / TASKS:.1f} flushes"
        " of ours a task, start and end of the run included"
    )
    return [
        Row(
            f"chain of {TASKS} tasks, {scratch.FILES:,} files: overhead ÷ floor",
            f"<= {CHAIN_RATIO:g} x",
            f"{ratio:.1f} x",
            ratio <= CHAIN_RATIO,
            detail,
        )
    ]


def lanes(rounds: int) -> list[Row]:
    """Measure 20 lanes at once, whose agents take a second."""
    names = [f"l{i}" for i in range(LANES)]
    graph = _graph("lanes", SLOW_AGENT, names, [(name, f"t{name}", []) for name in names])
    folder = scratch.folder()
    environ = scratch.bytecode(folder / "bytecode")
    _carry(scratch.repository(folder / "warm", files=20), graph, environ)
    floors: list[float] = []
    carried: list[Carried] = []
    for index in range(rounds):
        floors.append(_worktrees_alone(scratch.repository(folder / f"floor{index}")))
        carried.append(_carry(scratch.repository(folder / f"run{index}"), graph, environ))
    seconds = median(run.seconds for run in carried)
    target = AGENT_SECONDS + LANE_SECONDS * LANES
    return [
        Row(
            f"{LANES} lanes at once, agents of 1 s, {scratch.FILES:,} files",
            f"<= {target:.1f} s",
            f"{seconds:.2f} s",
            seconds <= target,
            f"{_ms((seconds - AGENT_SECONDS) / LANES)} a lane beside the agent's second; "
            f"{carried[-1].git / LANES:.1f} git processes a lane; plain git takes "
            f"{median(floors):.2f} s to make {LANES} worktrees, one after another",
        )
    ]


def _graph(name: str, run: str, lanes: list[str], tasks: list[tuple[str, str, list[str]]]) -> str:
    lines = [
        "schema_version: 1",
        f"name: {name}",
        f"max_agents: {LANES}",
        f"agents: {{w: {{adapter: command, run: {json.dumps(run)}}}}}",
        "defaults: {agent: w}",
        "workstreams:",
        *(f"  - {{id: {lane}, auto_merge: true}}" for lane in lanes),
        "tasks:",
        *(
            f"  - {{id: {task}, workstream_id: {lane}, description: change a file,"
            f" dependencies: [{', '.join(after)}]}}"
            for lane, task, after in tasks
        ),
    ]
    return "\n".join(lines) + "\n"


def _carry(repository: Path, graph: str, environ: dict[str, str]) -> Carried:
    file = repository.parent / f"{repository.name}.yaml"
    file.write_text(graph)
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(HERE / "carry.py"), str(repository), str(file)],
        env=environ,
        check=True,
        stdout=subprocess.PIPE,
    )
    seconds = time.monotonic() - begin
    said = json.loads(done.stdout)
    if said["code"] != 0:
        message = f"the run ended with {said['code']}"
        raise RuntimeError(message)
    counts = said["counts"]
    git = sum(count for name, count in counts.items() if name.startswith("git "))
    return Carried(seconds, git, counts["fsync"] + counts["fdatasync"])


def _floor(repository: Path) -> float:
    """Return the seconds that plain git takes for each task, with our settings and flushes."""
    environ = git_environment(scratch.ENVIRON)
    begin = time.monotonic()
    subprocess.run(
        [str(HERE / "floor.sh"), str(repository), str(TASKS), scratch.file_path(1)],
        env=environ,
        check=True,
    )
    return (time.monotonic() - begin) / TASKS


def _worktrees_alone(repository: Path) -> float:
    """Return the seconds that plain git takes to make a worktree for each lane."""
    environ = git_environment(scratch.ENVIRON)
    begin = time.monotonic()
    for index in range(LANES):
        argv = ["git", "worktree", "add", "--quiet", "--detach", f"../{repository.name}-{index}"]
        subprocess.run([*argv, "HEAD"], cwd=repository, env=environ, check=True)
    return time.monotonic() - begin


def _agent_alone(repository: Path) -> float:
    begin = time.monotonic()
    for _ in range(TASKS):
        subprocess.run(["sh", "-c", AGENT], cwd=repository, check=True)
    subprocess.run(["git", "checkout", "--quiet", "--", "."], cwd=repository, check=True)
    return (time.monotonic() - begin) / TASKS


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
