"""What a dead process left half published is removed; what a living one writes is spared."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from agentrelay._shared import atomic


def test_only_the_temporaries_of_the_dead_go(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / "turns" / f".outcome.json.{dead.pid}.0a1b2c3d.tmp"
    left.parent.mkdir()
    living = tmp_path / f".outcome.json.{os.getpid()}.0a1b2c3d.tmp"
    foreign = tmp_path / ".of.somebody.else.tmp"
    for path in (left, living, foreign):
        path.touch()
    assert atomic.sweep(tmp_path) == [left]
    assert sorted(path.name for path in tmp_path.rglob("*.tmp")) == sorted(
        [living.name, foreign.name]
    )
