"""The client of the Agent Client Protocol in a worktree of its own, with an agent that plays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agentrelay.agent.core.adapter import TurnRequest
from agentrelay.agent.core.report import Report
from agentrelay.agent.implementations.acp import AcpAdapter

AGENT = Path(__file__).parents[2] / "adapters" / "acp_agent.py"
PATIENCE = 60.0


@dataclass
class Scene:
    """One turn: ``request`` is what the adapter is asked for, ``part`` what the agent plays."""

    base: Path
    request: TurnRequest
    part: dict[str, Any] = field(default_factory=dict[str, Any])

    def start(self, *acts: dict[str, Any], **part: Any) -> subprocess.Popen[bytes]:
        """Start the turn's program as a supervisor would."""
        self.part |= {"acts": acts, "heard": str(self.base / "heard.jsonl"), **part}
        (self.base / "part.json").write_text(json.dumps(self.part))
        launch = AcpAdapter().launch(self.request)
        with self.output.open("wb") as output:
            return subprocess.Popen(
                launch.argv,
                cwd=self.request.cwd,
                env={**self.request.env, **launch.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def play(self, *acts: dict[str, Any], **part: Any) -> Report:
        """Play a turn to its end; return what the adapter makes of it."""
        with self.start(*acts, **part) as client:
            try:
                self.exit_code = client.wait(PATIENCE)
            finally:
                client.kill()
        return self.report()

    def report(self) -> Report:
        report = AcpAdapter().report(self.output)
        assert report is not None
        return report

    def change(self, **changes: Any) -> None:
        self.request = replace(self.request, **changes)

    @property
    def output(self) -> Path:
        return self.base / "output.log"

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Return what was printed, of one kind; each line must be an event."""
        lines = [json.loads(line) for line in self.output.read_bytes().splitlines()]
        return [event for event in lines if event["type"] == kind]

    def heard(self, method: str = "") -> list[dict[str, Any]]:
        """Return what the agent was told: the requests of a method, or all answers."""
        file = self.base / "heard.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        messages = [json.loads(line) for line in lines]
        return [message for message in messages if message.get("method", "") == method]


def scene_in(base: Path) -> Scene:
    """Return a scene whose agent may do the least."""
    worktree = base / "tree"
    worktree.mkdir()
    env = {"PATH": os.environ["PATH"], "HOME": str(base), "AGENTRELAY_BIN": "/opt/agentrelay"}
    run = (sys.executable, str(AGENT), str(base / "part.json"))
    return Scene(
        base,
        TurnRequest(
            task="t",
            cwd=worktree,
            env=env,
            prompt="# Task t",
            follow_up="Mend it.",
            run=run,
            worktree=worktree,
            readable=(base / "runs",),
            commands=(("pytest", "-q"),),
        ),
    )
