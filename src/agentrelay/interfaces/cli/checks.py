"""What `doctor` looks at on this machine: programs, platform, isolation, room."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from agentrelay.errors import AgentRelayError
from agentrelay.gitio.command import Git
from agentrelay.gitio.repository import MINIMUM_GIT
from agentrelay.graph.draft import ADAPTERS
from agentrelay.interfaces.cli.finding import Finding, Level

LITTLE = 2 * 1024**3
TOO_LITTLE = 100 * 1024**2
OLDEST_PYTHON = (3, 11)
CREDENTIAL_FILES = (
    ".ssh",
    ".config/gh/hosts.yml",
    ".git-credentials",
    ".netrc",
    ".aws/credentials",
    ".npmrc",
    ".pypirc",
)
"""Where users commonly keep keys, below their home folder."""


def machine_findings(folder: Path, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Give what is found on this machine, wherever ``folder`` is."""
    yield _python()
    yield _git(folder, environ)
    yield _processes()
    yield _agents(environ)
    yield _sandbox(environ)
    yield _room(folder)


def _python() -> Finding:
    found = f"{platform.python_version()} on {platform.system()} {platform.release()}"
    if sys.version_info < OLDEST_PYTHON:
        return Finding(Level.FAIL, "python", found, "install Python 3.11 or newer")
    if sys.platform not in ("linux", "darwin"):
        hint = "use Linux, macOS or WSL"
        return Finding(Level.WARN, "python", f"{found}, which is not tried", hint)
    return Finding(Level.OK, "python", found)


def _git(folder: Path, environ: Mapping[str, str]) -> Finding:
    try:
        found = Git(folder, environ).text("version").removeprefix("git version ")
    except AgentRelayError as error:
        return Finding(Level.FAIL, "git", error.message, error.hint or "install git")
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdigit())
    if numbers < MINIMUM_GIT:
        return Finding(Level.FAIL, "git", f"{found} is too old", "install git 2.39 or newer")
    return Finding(Level.OK, "git", found)


def _processes() -> Finding:
    if sys.platform != "linux":
        found = "no sub-reapers here: an agent's processes are found by a mark, with ps"
        missing = shutil.which("ps") is None
        return Finding(Level.FAIL if missing else Level.OK, "processes", found)
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        found = "sub-reapers, but no pidfds: processes are told apart by their start times"
        return Finding(Level.WARN, "processes", found)
    return Finding(Level.OK, "processes", "sub-reapers and pidfds")


def _agents(environ: Mapping[str, str]) -> Finding:
    programs = sorted(ADAPTERS - {"command", "acp"})
    found = [name for name in programs if shutil.which(name, path=environ.get("PATH"))]
    listed = f"found {', '.join(found)}" if found else "no coding agent was found on PATH"
    return Finding(Level.OK, "agents", f"{listed}; any program runs through the command adapter")


def _sandbox(environ: Mapping[str, str]) -> Finding:
    home = Path(environ.get("HOME", ""))
    present = [f"~/{name}" for name in CREDENTIAL_FILES if (home / name).exists()]
    reach = f", such as {', '.join(present)}" if present else ""
    found = f"none: agents are given no keys, but can read what you can{reach}"
    return Finding(Level.WARN, "sandbox", found, "run it as another user, or in a container")


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:.1f} GiB free"
    if free < TOO_LITTLE:
        return Finding(Level.FAIL, "disk", found, "make room; agentrelay clean --all --dry-run")
    level = Level.WARN if free < LITTLE else Level.OK
    return Finding(level, "disk", found, "" if level is Level.OK else "agentrelay clean --all")
