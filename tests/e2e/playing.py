"""Plays the demo as a person would, in a process of its own, and looks at what it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SECONDS = 540.0
CLAIMS = 6


@dataclass(frozen=True)
class Played:
    """How a demo ended; ``scratch`` is the folder for temporary files that it was given."""

    code: int
    stdout: str
    stderr: str
    scratch: Path

    @property
    def claims(self) -> list[str]:
        """Return the lines of its proof."""
        return self.stdout.partition("What this shows:\n")[2].splitlines()[:CLAIMS]

    @property
    def left(self) -> list[Path]:
        """Return the scratch folders that are still there."""
        return list(self.scratch.glob("agentrelay-demo-*"))

    def require_success(self) -> None:
        assert self.code == 0, f"{self.stdout}\n{self.stderr}"
        assert [line.split()[0] for line in self.claims] == ["ok"] * CLAIMS


def play_demo(scratch: Path, *words: str, cwd: Path) -> Played:
    """Run ``agentrelay demo`` with everything temporary below ``scratch``."""
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-P", "-m", "agentrelay", "demo", *words],
        cwd=cwd,
        env=os.environ | {"TMPDIR": str(scratch)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Played(done.returncode, done.stdout, done.stderr, scratch)


def processes_in(folder: Path) -> list[str]:
    """Return the processes that work in ``folder`` or name it; empty where /proc tells nothing."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            where = os.readlink(entry / "cwd")
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if where.startswith(str(folder)) or str(folder) in words:
            found.append(f"{entry.name}: {words}")
    return found
