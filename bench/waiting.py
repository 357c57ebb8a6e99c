"""What a run costs while agents work, and how soon it goes on when a person has answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import scratch
from agentrelay._shared.clock import SystemClock
from agentrelay._shared.ids import new_ulid
from agentrelay.app import place
from agentrelay.engine import inbox
from runs import HERE
from table import Row

AGENTS = 50
SECONDS = 60.0
"""Supervisors look around every 60 s: each of them does it once while it is measured."""
CPU_PERCENT = 0.2
MEGABYTES = 15.0
ANSWER_SECONDS = 0.2
PATIENCE = 120.0


def agents(seconds: float = SECONDS) -> list[Row]:
    """Measure processor time and memory while 50 agents work and nothing happens."""
    if sys.platform != "linux":
        return []
    folder = scratch.folder()
    gate = folder / "gate"
    os.mkfifo(gate)
    lanes = "".join(f"  - {{id: l{i}, auto_merge: true}}\n" for i in range(AGENTS))
    tasks = "".join(
        f"  - {{id: t{i}, workstream_id: l{i}, description: wait}}\n" for i in range(AGENTS)
    )
    run = f'cat "{gate}"; echo "$AGENTRELAY_TASK" > "$AGENTRELAY_TASK.txt"'
    with _carried(folder, _graph("waiting", run, lanes, tasks)) as (process, root):
        _until(lambda: len(_started(root)) == AGENTS, "the agents to start")
        supervisors = [
            json.loads(started.read_bytes())["supervisor"]["pid"] for started in _started(root)
        ]
        time.sleep(1)
        before = [_seconds([process.pid]), _seconds(supervisors)]
        time.sleep(seconds)
        after = [_seconds([process.pid]), _seconds(supervisors)]
        own, theirs = (end - begin for begin, end in zip(before, after, strict=True))
        memory = [_proportional(pid) for pid in supervisors]
        orchestrator = _proportional(process.pid)
        # All who wait for the FIFO go on once somebody has had it open for writing.
        os.close(os.open(gate, os.O_WRONLY))
        process.wait(PATIENCE)
    percent = (own + theirs) / seconds * 100
    return [
        Row(
            f"waiting for {AGENTS} working agents",
            f"< {CPU_PERCENT:g} % CPU",
            f"{percent:.2f} %",
            percent < CPU_PERCENT,
            f"in {seconds:g} s: orchestrator {own * 1000:.0f} ms,"
            f" all supervisors {theirs * 1000:.0f} ms",
        ),
        Row(
            "memory of each supervisor (PSS)",
            f"< {MEGABYTES:g} MB",
            f"{max(memory):.1f} MB",
            max(memory) < MEGABYTES,
            f"the largest; median {median(memory):.1f} MB, orchestrator {orchestrator:.0f} MB",
        ),
    ]


def approval(rounds: int) -> list[Row]:
    """Measure the time from a person's approval to the start of the agent that waited for it."""
    taken = [_approved() for _ in range(rounds)]
    seconds = median(taken)
    return [
        Row(
            "approval → the next agent's start",
            f"< {ANSWER_SECONDS:g} s",
            f"{seconds:.2f} s",
            seconds < ANSWER_SECONDS,
            "merge of the approved task, check-out for the next and start of its agent",
        )
    ]


def _approved() -> float:
    folder = scratch.folder()
    mark = folder / "started"
    change = 'echo "$AGENTRELAY_TURN" >> "$AGENTRELAY_TASK.txt"'
    run = f"{change}; date +%s.%N > {mark}.$AGENTRELAY_TASK"
    tasks = (
        "  - {id: a, workstream_id: lane, description: change,"
        " gates: [{name: red, run: 'false'}]}\n"
        "  - {id: b, workstream_id: lane, description: change, dependencies: [a]}\n"
    )
    graph = _graph("answer", run, "  - {id: lane, auto_merge: true}\n", tasks)
    with _carried(folder, graph, "--wait") as (process, root):
        journal = root / "journal.jsonl"
        _until(lambda: journal.exists() and '"was_red_before"' in journal.read_text(), "the wait")
        folders = place.open_place(folder / "repository", scratch.ENVIRON).folders("answer")
        begin = time.time()
        asked = inbox.Request(new_ulid(SystemClock().now()), "approve", "bench", "lane", "a")
        inbox.send(folders.inbox, folders.wake, asked)
        process.wait(PATIENCE)
    return float(Path(f"{mark}.b").read_text()) - begin


def _graph(name: str, run: str, lanes: str, tasks: str) -> str:
    return (
        f"schema_version: 1\nname: {name}\nmax_agents: {AGENTS}\n"
        f"agents: {{w: {{adapter: command, run: {json.dumps(run)}}}}}\n"
        f"defaults: {{agent: w}}\nworkstreams:\n{lanes}tasks:\n{tasks}"
    )


@contextmanager
def _carried(
    folder: Path, graph: str, *options: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Carry out a graph in a small repository; give the process and the folder of the run."""
    repository = scratch.repository(folder / "repository", files=20)
    file = folder / "graph.yaml"
    file.write_text(graph)
    name = graph.partition("name: ")[2].partition("\n")[0]
    process = subprocess.Popen(
        [sys.executable, str(HERE / "carry.py"), str(repository), str(file), *options],
        env=scratch.bytecode(folder / "bytecode"),
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process, repository / ".workflow" / name / "runs" / "1"
    finally:
        process.terminate()
        process.wait()


def _started(root: Path) -> list[Path]:
    return list(root.glob("tasks/*/attempts/1/turns/1/started"))


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            message = f"waited {PATIENCE:g} s for {what}"
            raise TimeoutError(message)
        time.sleep(0.05)


def _seconds(pids: list[int]) -> float:
    """Return the processor seconds of these processes' threads, exactly (proc_pid_schedstat)."""
    tasks = [task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def _proportional(pid: int) -> float:
    """Return the megabytes of a process, shared pages divided among those who share them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
