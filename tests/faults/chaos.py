"""Chaos: a run of many lanes whose processes are killed and stopped at random, then its end.

`weathered` is one storm in a repository of its own; test_chaos.py runs one, or as many as fit.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.scene import git_locks, living_in, started, until
from tests.gitrepo import TestRepo, make_repo
from tests.replays import assert_runs_replay

LANES, DEPTH = 3, 3
GRAPH = """\
schema_version: 1
name: storm
agents:
  writer:
    adapter: command
    run: |
      exec 9> BASE/lock-$AGENTRELAY_WORKSTREAM
      flock -n 9 || echo "$AGENTRELAY_TASK" >> BASE/doubled
      sleep 0.2; echo "by $AGENTRELAY_TASK" > "$AGENTRELAY_TASK.txt"; sleep 0.1
defaults: {agent: writer, max_attempts: 20}
max_agents: 3
workstreams:
"""
PATIENCE = 40
"""So often is a run carried on, or what waits for a person answered, before it is given up."""
SECONDS_A_BLOW = 3.0
DONE, WAITS, FAILED = 0, 5, 1
WEIGHTS = {"orchestrator": 1, "supervisor": 3, "agent": 3}
"""How likely a blow is to be at each kind of process; one that is not there is spared."""


@dataclass
class Storm:
    """One run under attack. ``blows`` counts what was done to whom."""

    base: Path
    seed: int
    blows: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        (self.base / "runtime").mkdir(mode=0o700)
        self.repo: TestRepo = make_repo(self.base / "repo")
        (self.base / "g.yaml").write_text(graph(self.base))
        self.orchestrator: subprocess.Popen[bytes] | None = None
        self.stopped: dict[int, float] = {}

    def rage(self, blows: int) -> None:
        """Kill and stop processes of the run so often, or until it is done all the same."""
        deadline = time.monotonic() + SECONDS_A_BLOW * blows
        while self.blows.total() < blows and time.monotonic() < deadline:
            if self.orchestrator is None or self.orchestrator.poll() is not None:
                if self.orchestrator is not None and self.orchestrator.returncode == DONE:
                    break
                self.orchestrator = self.start("run", "../g.yaml", "--yes")
            time.sleep(self.random.uniform(0.02, 0.3))
            self._let_go_on()
            self._strike()
        self.end()

    def end(self) -> None:
        """Let all that was stopped go on, and kill the orchestrator a last time."""
        for pid in self.stopped:
            send(pid, signal.SIGCONT)
        self.stopped.clear()
        if self.orchestrator is not None:
            self.orchestrator.kill()
            self.orchestrator.wait()

    def carry_to_its_end(self) -> None:
        """Do what a person would do until the run is done."""
        for _ in range(PATIENCE):
            code = self.call("run", "../g.yaml", "--yes").returncode
            if code == DONE:
                return
            assert code in (WAITS, FAILED), self.output()
            needs = json.loads(self.call("status", "storm", "--json").stdout)["needs_you"]
            for need in needs:
                self.call(*need["command"].split()[1:])
        raise AssertionError(f"the run does not come to its end:\n{self.output()}")

    def start(self, *argv: str) -> subprocess.Popen[bytes]:
        return started(argv, self.repo.path, self.environ(), self.base / "output")

    def call(self, *argv: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "agentrelay", *argv],
            cwd=self.repo.path,
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        with (self.base / "output").open("a") as output:
            output.write(f"$ {' '.join(argv)}\n{done.stdout}{done.stderr}")
        return done

    def environ(self) -> dict[str, str]:
        return {**os.environ, "XDG_RUNTIME_DIR": str(self.base / "runtime")}

    def output(self) -> str:
        return (self.base / "output").read_text()[-6000:]

    def journal(self) -> list[dict[str, Any]]:
        path = self.repo.path / ".workflow/storm/runs/1/journal.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def _let_go_on(self) -> None:
        for pid, since in list(self.stopped.items()):
            if time.monotonic() > since:
                send(pid, signal.SIGCONT)
                del self.stopped[pid]

    def _strike(self) -> None:
        victims = list(self._victims())
        if not victims:
            return
        # An orchestrator that is hit each time never gets to start anything.
        kind = self.random.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
        hit = sorted(pid for of, pid in victims if of == kind)
        if not hit:
            return
        pid = self.random.choice(hit)
        if self.random.random() < 0.5:
            self.blows[f"{kind} killed"] += send(pid, signal.SIGKILL)
        elif pid not in self.stopped:
            self.blows[f"{kind} stopped"] += send(pid, signal.SIGSTOP)
            self.stopped[pid] = time.monotonic() + self.random.uniform(0.05, 1.0)

    def _victims(self) -> Iterator[tuple[str, int]]:
        if self.orchestrator is not None and self.orchestrator.poll() is None:
            yield "orchestrator", self.orchestrator.pid
        for line in living_in(self.base):
            pid, _, words = line.partition(" ")
            if "executor/supervisor" in words:
                yield "supervisor", int(pid)
            elif is_agent(int(pid)):
                yield "agent", int(pid)
        if (nursery := self._nursery()) is not None:
            yield "supervisor", nursery

    def _nursery(self) -> int | None:
        """Return the process from which the orchestrator's supervisors are forked, if it is up."""
        if self.orchestrator is None:
            return None
        of = f"/proc/{self.orchestrator.pid}/task/{self.orchestrator.pid}/children"
        with suppress(OSError):
            for child in Path(of).read_text().split():
                if b"executor/supervisor" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        return None


def graph(base: Path) -> str:
    """Return a graph of lanes of chained tasks, each of which needs one of the lane before."""
    text = GRAPH.replace("BASE", str(base))
    for lane in range(LANES):
        text += f"  - {{id: l{lane}, auto_merge: true, gates: [{{name: all, run: 'true'}}]}}\n"
    text += "tasks:\n"
    for lane in range(LANES):
        for depth in range(DEPTH):
            below = [f"t{lane}{depth - 1}"] if depth else []
            below += [f"t{lane - 1}{depth}"] if lane and depth == 1 else []
            name = f"t{lane}{depth}"
            text += (
                f"  - {{id: {name}, workstream_id: l{lane}, description: do it, "
                f"dependencies: [{', '.join(below)}], "
                f"gates: [{{name: there, run: 'test -e {name}.txt', max_gate_attempts: 5}}]}}\n"
            )
    return text


def send(pid: int, number: int) -> bool:
    """Send a signal; tell whether the process was there."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False


def is_agent(pid: int) -> bool:
    with suppress(OSError):
        return b"AGENTRELAY_TURN=" in Path(f"/proc/{pid}/environ").read_bytes()
    return False


def weathered(base: Path, seed: int, blows: int) -> Storm:
    """Run a graph through a storm and to its end; all has landed once, and nothing is left."""
    storm = Storm(base, seed)
    try:
        storm.rage(blows)
        storm.carry_to_its_end()
    finally:
        storm.end()
    until(lambda: not living_in(base), "all processes of the run to end")
    assert not (base / "doubled").exists(), "an agent was started beside another in its lane"
    repo = storm.repo
    merges = Counter(repo.git("log", "--merges", "--format=%s", "main").splitlines())
    again = {e["task"] for e in storm.journal() if e["type"] == "task.reopened"}
    for lane in range(LANES):
        assert merges[f"Land l{lane} on main"] == 1, merges
        for name in (f"t{lane}{depth}" for depth in range(DEPTH)):
            assert repo.show(f"{name}.txt", "main") == f"by {name}"
            assert merges[f"Merge task {name} into l{lane}"] == 1 or name in again, merges
    assert repo.status() == ""
    assert not git_locks(repo)
    assert not list((repo.path / ".worktrees").glob("*/*"))
    repo.git("fsck", "--no-dangling", "--no-progress")
    assert_runs_replay(repo.path)
    return storm
