"""Scratch repositories and graphs to measure on."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

FILES = 1_000
FOLDERS = 20
LINES = 40

ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Bench",
    "GIT_AUTHOR_EMAIL": "bench@example.invalid",
    "GIT_COMMITTER_NAME": "Bench",
    "GIT_COMMITTER_EMAIL": "bench@example.invalid",
    "LC_ALL": "C",
}


def git(folder: Path, *arguments: str) -> str:
    """Return what a git command prints that must succeed."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=ENVIRON, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def folder() -> Path:
    """Return a new folder, on the disk that temporary files are on; gone when the program ends.

    Not before: for a minute after many files were deleted, ext4 looks at each of them whenever it
    makes a new one beside them (recently_deleted in the kernel's fs/ext4/ialloc.c).
    """
    path = Path(tempfile.mkdtemp(prefix="agentrelay-bench-")).resolve()
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def repository(path: Path, *, files: int = FILES) -> Path:
    """Make a repository of so many small files at ``path``, with one commit, and return it."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--initial-branch=main")
    for index in range(files):
        file = file_path(index)
        (path / file).parent.mkdir(parents=True, exist_ok=True)
        text = "".join(f"line {line} of file {index}\n" for line in range(LINES))
        (path / file).write_text(text)
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--message=first")
    return path


def file_path(index: int) -> str:
    """Return the name of a file of ``repository``."""
    return f"part{index % FOLDERS:02}/file{index:04}.txt"


def bytecode(cache: Path) -> dict[str, str]:
    """Return an environment in which Python keeps its bytecode, as installed packages have it."""
    environ = {k: v for k, v in ENVIRON.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**environ, "PYTHONPYCACHEPREFIX": str(cache)}
