"""An account of Claude Code that refuses or serves as a test wants, and graphs that use it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.integration.cli.scene import Scene, until

CLAUDE = Path(__file__).with_name("claude.py")


class Account:
    """What the service behind the stand-in of Claude Code does, and how often it was started."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.folder = folder

    def refuses(self, status: int, **told: float) -> None:
        (self.folder / "new").write_text(json.dumps({"status": status, **told}))
        (self.folder / "new").rename(self.folder / "refuses")

    def serves(self) -> None:
        (self.folder / "refuses").unlink()

    @property
    def starts(self) -> list[dict[str, Any]]:
        path = self.folder / "starts"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def graph(self, name: str, *tasks: str, limits: str = "") -> str:
        """Write a graph of tasks, a lane for each; with ``limits``, one depends on the other."""
        run = json.dumps([sys.executable, str(CLAUDE), str(self.folder)])
        lanes = ", ".join(f"{{id: {task}-lane, auto_merge: true}}" for task in tasks)
        text = f"name: {name}\nagents: {{w: {{adapter: claude, run: {run}}}}}\n"
        text += f"defaults: {{agent: w, max_attempts: 1}}\nworkstreams: [{lanes}]\n"
        text += f"limits: {limits}\ntasks:\n" if limits else "tasks:\n"
        below = "[]"
        for task in tasks:
            text += f"  - {{id: {task}, workstream_id: {task}-lane, dependencies: {below}, "
            text += "description: do it}\n"
            below = f"[{task}]" if limits else "[]"
        return self.scene.graph(text, f"{name}.yaml")

    def waits(self, graph: str) -> list[str]:
        """Return what the tasks of a graph wait for, one after the other."""
        view = json.loads(self.scene.call("status", graph, "--json").out or "{}")
        tasks = [task for lane in view.get("lanes", ()) for task in lane["tasks"]]
        return [task["waits_for"] or "" for task in tasks]

    def wait_for(self, graph: str, text: str) -> None:
        until(lambda: all(text in wait for wait in self.waits(graph) or [""]), f"{graph}: {text}")
