"""What this machine is, and how fast it does what all figures are made of."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import scratch


def describe(rounds: int) -> str:
    """Return a few lines: the machine, and the medians of some elementary acts."""
    folder = scratch.folder()
    acts = {
        "python -c pass": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        "git version": lambda: scratch.git(folder, "version"),
        "one fsync": lambda: _flush(folder / "flushed"),
        f"writing {scratch.FILES:,} files": lambda: _write_files(folder),
    }
    figures = ", ".join(f"{name} {_ms(act, rounds)}" for name, act in acts.items())
    place = folder.parent
    load = "".join(f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "")
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors{load}"
    python, git = platform.python_version(), scratch.git(place, "version")
    return f"{system}; Python {python}; {git}; folders in {place}\n{figures}"


def _ms(act: Callable[[], object], rounds: int) -> str:
    taken: list[float] = []
    for _ in range(rounds):
        begin = time.monotonic()
        act()
        taken.append(time.monotonic() - begin)
    return f"{median(taken) * 1000:.1f} ms"


def _flush(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x" * 100)
        file.flush()
        os.fsync(file.fileno())


def _write_files(folder: Path) -> None:
    part = folder / f"files{time.monotonic_ns()}"
    part.mkdir()
    for index in range(scratch.FILES):
        (part / str(index)).write_bytes(b"x" * 700)
