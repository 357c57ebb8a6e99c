"""A repository in which real coding agents work, with a scripted model and without the network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.adapters.model_server.script import Say, Script, Shell, Step, Write
from tests.adapters.model_server.server import ModelServer
from tests.gitrepo import TestRepo

from agentrelay.journal.event import Event
from agentrelay.journal.store import read_events

TWO_LANES = """\
schema_version: 1
name: shop
agents:
  worker: {{WORKER}}
defaults: {agent: worker, max_attempts: 1, limits: {wall: 100s}}
workstreams:
  - {id: api, auto_merge: true}
  - {id: docs, auto_merge: true}
tasks:
  - id: cart
    workstream_id: api
    description: Write the cart.
    gates: [{name: priced, run: [grep, -q, price, price.txt]}]
  - id: guide
    workstream_id: docs
    description: Write the guide.
    dependencies: [cart]
"""
"""Two lanes, one after the other; the gate of the first is red until a second turn mends it."""

GATED_TASK = TWO_LANES.partition("  - id: guide")[0].replace(
    "  - {id: docs, auto_merge: true}\n", ""
)
"""The first lane alone."""

ONE_TASK = """\
schema_version: 1
name: shop
agents:
  worker: {{WORKER}}
defaults: {agent: worker, max_attempts: 1, limits: {wall: 100s}}
workstreams: [{id: api, auto_merge: true}]
tasks: [{id: cart, workstream_id: api, description: Write the cart.}]
"""

LIMIT = 110.0


@dataclass
class Stage:
    """A repository, the model that the agents ask, and how they are called."""

    repo: TestRepo
    server: ModelServer
    worker: str

    def play(self, task: str, lane: str, *steps: Step, **more: Any) -> Script:
        """Play steps to the agent of a task."""
        script = Script(f"# Task {task}\n", list(steps), **more)
        self.server.play(script, str(self.repo.path / ".worktrees" / "shop" / lane))
        return script

    def start(self, graph: str) -> subprocess.Popen[str]:
        """Start a run of a graph, which is committed."""
        self.repo.write({"shop.yaml": graph.replace("{WORKER}", self.worker)})
        return self.begin("run", "shop.yaml", "--yes")

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Call agentrelay without waiting for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "agentrelay", *words],
            cwd=self.repo.path,
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, graph: str, limit: float = LIMIT) -> tuple[int, str]:
        """Run a graph; return the exit code and what was printed."""
        with self.start(graph) as process:
            try:
                printed, _ = process.communicate(timeout=limit)
            finally:
                process.kill()
        return process.returncode, f"{printed}\n{self.outputs()}"

    def call(self, *words: str) -> tuple[int, str]:
        """Call agentrelay; return the exit code and what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "agentrelay", *words],
            cwd=self.repo.path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        return done.returncode, done.stdout

    def outputs(self) -> str:
        """Return the ends of what the agents printed, for the message of a failed test."""
        logs = sorted((self.repo.path / ".workflow").rglob("turns/*/output.log"))
        return "\n".join(f"{log}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)

    def collected(self, task: str) -> list[dict[str, Any]]:
        """Return what each turn of a task came to, as the journal has it."""
        return [
            dict(event.data)
            for event in self.events()
            if event.type == "effect.done"
            and event.data["kind"] == "turn.collect"
            and event.task == task
        ]

    def events(self) -> list[Event]:
        """Return the journal."""
        return list(read_events(self.repo.path / ".workflow/shop/runs/1/journal.jsonl"))

    def said(self, task: str, turn: int) -> dict[str, Any]:
        """Return what is kept of a turn's use."""
        folder = self.repo.path / f".workflow/shop/runs/1/tasks/{task}/attempts/1/turns/{turn}"
        return json.loads((folder / "usage.json").read_bytes())


def own_command() -> str:
    """Return the command that agents call back with."""
    return str(Path(sys.executable).parent / "agentrelay")


def done(summary: str) -> Shell:
    """Return the call of an agent that is done."""
    return Shell(f'{own_command()} task done --summary "{summary}"')


def committed(*paths: str) -> Shell:
    """Return the shell line that commits files."""
    return Shell(f"git add {' '.join(paths)} && git commit -q -m 'by the agent'")


CART = (
    Write("cart.txt", "apples\n"),
    committed("cart.txt"),
    done("wrote the cart"),
    Say("The cart is there."),
    Write("price.txt", "price 3\n"),
    committed("price.txt"),
    done("priced it"),
    Say("It has a price."),
)
"""Two turns: the second mends what the gate finds after the first."""

GUIDE = (Write("guide.txt", "Buy.\n"), done("wrote the guide"), Say("The guide is there."))
"""One turn, whose work is left uncommitted."""
