"""Whole runs of the command line, as real processes in a real repository."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.gitrepo import TestRepo

DEADLINE = 60.0
ARGV = [sys.executable, "-m", "agentrelay"]


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass
class Scene:
    """A repository in which commands are called; what it started is ended at the end."""

    repo: TestRepo
    temporary: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self.temporary), **(extra or {})}

    def call(
        self, *argv: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Done:
        done = subprocess.run(
            [*ARGV, *argv],
            cwd=cwd or self.repo.path,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *argv: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*ARGV, *argv],
            cwd=self.repo.path,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def graph(self, text: str, name: str = "graph.yaml") -> str:
        self.repo.write({name: "schema_version: 1\n" + text})
        return name

    def events(self, graph: str, run: int = 1) -> list[dict[str, object]]:
        path = self.repo.path / ".workflow" / graph / "runs" / str(run) / "journal.jsonl"
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        return [json.loads(line) for line in lines]

    def has_event(self, graph: str, type_: str, run: int = 1) -> bool:
        return any(event["type"] == type_ for event in self.events(graph, run))

    def intents(self, graph: str, kind: str) -> int:
        data = [event["data"] for event in self.events(graph) if event["type"] == "effect.intent"]
        return sum(isinstance(each, dict) and each["kind"] == kind for each in data)

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()


def until(condition: Callable[[], object], what: str = "it") -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true"
        time.sleep(0.02)


def one_lane(name: str, run: str, *, auto_merge: bool = True) -> str:
    return f"""name: {name}
agents:
  w: {{adapter: command, run: {json.dumps(run)}}}
defaults: {{agent: w, max_attempts: 1}}
workstreams: [{{id: lane, auto_merge: {str(auto_merge).lower()}}}]
tasks: [{{id: work, workstream_id: lane, description: do it}}]
"""
