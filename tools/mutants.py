"""Remove one guard at a time, in a copy of the project, and see that its test turns red.

Each file of tests/faults/mutants is a patch that takes one guard out of the code. Before it stand
three lines: ``Guard:`` what it guards, ``Rows:`` the failures it guards against (docs/explanation/
guarantees.md), ``Test:`` the test that must fail without it. Names of mutants may be given.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
FOLDER = TOP / "tests" / "faults" / "mutants"
COPIED = ("src", "tests", "tools", "docs", "pyproject.toml", "README.md", "ARCHITECTURE.md")
HEADS = ("Guard", "Rows", "Test")
PATIENCE = 180.0
"""Seconds that a test may take; a mutant that hangs it has been noticed too."""
RED = 1
"""pytest's exit code for tests that failed, as against tests that could not be run."""


@dataclass(frozen=True)
class Mutant:
    """A patch that removes a guard, and the test that must notice."""

    path: Path
    guard: str
    rows: tuple[str, ...]
    test: str

    @property
    def name(self) -> str:
        """Return its name: that of the file, without the ending."""
        return self.path.stem


def mutants() -> list[Mutant]:
    """Return all mutants, by name; ValueError for a file whose head is not as it must be."""
    return [_read(path) for path in sorted(FOLDER.glob("*.patch"))]


def applies(mutant: Mutant, top: Path) -> bool:
    """Tell whether the patch of a mutant fits the code below ``top``."""
    return _patch(mutant, top, "--check").returncode == 0


def _read(path: Path) -> Mutant:
    heads: dict[str, str] = {}
    for line in path.read_text().split("\n--- ", 1)[0].splitlines():
        name, colon, value = line.partition(": ")
        if colon:
            heads[name] = value.strip()
    if tuple(heads) != HEADS or not all(heads.values()):
        message = f"{path} must begin with the lines {', '.join(HEADS)}"
        raise ValueError(message)
    return Mutant(path, heads["Guard"], tuple(heads["Rows"].split()), heads["Test"])


def _patch(mutant: Mutant, top: Path, *options: str) -> subprocess.CompletedProcess[str]:
    # Outside of a repository, or git would leave out what lies beside the one it is called in.
    env = {**os.environ, "GIT_CEILING_DIRECTORIES": str(top.parent), "GIT_DIR": os.devnull}
    argv = ["git", "apply", *options, str(mutant.path)]
    return subprocess.run(argv, cwd=top, env=env, capture_output=True, text=True, check=False)


@contextmanager
def _copy() -> Iterator[Path]:
    """Give a copy of the project whose own interpreter imports the copy's code."""
    with tempfile.TemporaryDirectory(prefix="agentrelay-mutant-") as folder:
        top = Path(folder).resolve() / "project"
        top.mkdir()
        leave = shutil.ignore_patterns("__pycache__")
        for name in COPIED:
            source = TOP / name
            if source.is_dir():
                shutil.copytree(source, top / name, ignore=leave)
            else:
                shutil.copy(source, top / name)
        venv.create(top / ".venv", symlinks=True, with_pip=False)
        packages = Path(sysconfig.get_path("purelib", vars=_bases(top / ".venv")))
        real = sysconfig.get_path("purelib")
        (packages / "project.pth").write_text(f"{top / 'src'}\n{real}\n")
        yield top


def _bases(prefix: Path) -> dict[str, str]:
    return {"base": str(prefix), "platbase": str(prefix)}


def _exit_code(top: Path, test: str) -> int:
    """Run a test in a copy; one that does not end in time counts as red."""
    argv = [top / ".venv/bin/python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    argv += ["--basetemp", str(top / "tmp")]
    argv += ["-p", "no:randomly", f"--timeout={PATIENCE / 3:.0f}"]
    with (top / "output.log").open("w") as log:
        process = subprocess.Popen(
            argv, cwd=top, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return RED
        finally:
            _end_all_of(top)


def _end_all_of(top: Path) -> None:
    """End what a test has left running because its guard was gone: whatever names the copy.

    Looked up in /proc; where there is none (macOS), by the command line alone.
    """
    proc = Path("/proc")
    if not (proc / "self").exists():
        subprocess.run(["pkill", "-KILL", "-f", str(top)], check=False)
        return
    for entry in proc.glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            if str(top).encode() in words:
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue


def _is_noticed(mutant: Mutant) -> bool:
    """Tell whether the test of a mutant is green with the guard and red without; say what was."""
    began = time.monotonic()
    with _copy() as top:
        with_guard = _exit_code(top, mutant.test)
        done = _patch(mutant, top)
        without = _exit_code(top, mutant.test) if done.returncode == 0 else None
    seconds = time.monotonic() - began
    noticed = with_guard == 0 and without == RED
    problem = ""
    if with_guard != 0:
        problem = f": its test ends with {with_guard} with the guard in place"
    elif without is None:
        problem = f": the patch does not apply: {done.stderr.strip()}"
    elif not noticed:
        problem = f": its test ends with {without} without the guard"
    print(f"{'red ' if noticed else 'MISS'} {seconds:5.1f} s  {mutant.name}{problem}", flush=True)
    return noticed


def main(names: Sequence[str]) -> int:
    """Try the mutants of these names, or all; return 0 if each was noticed."""
    chosen = [mutant for mutant in mutants() if not names or mutant.name in names]
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        noticed = sum(pool.map(_is_noticed, chosen))
    print(f"mutants noticed {noticed}/{len(chosen)}")
    return 0 if chosen and noticed == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
