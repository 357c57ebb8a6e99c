"""Guesses from a repository's files how its tests are run."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

_LARGEST = 1024 * 1024
_TEST_TARGET = re.compile(r"^test\s*:(?!=)", re.MULTILINE)
_NO_TEST = "no test specified"


class GuessedGate(NamedTuple):
    """A gate that a repository seems to have: its name, its argv, and the reason for the guess."""

    name: str
    argv: tuple[str, ...]
    why: str


def guess_gates(top: Path) -> list[GuessedGate]:
    """Return the gates that the repository at ``top`` seems to have, the surest first.

    A ``test`` target of make stands for all: it is how the repository says that it is tested.
    Files that can't be read count as not there.
    """
    for name in ("GNUmakefile", "makefile", "Makefile"):
        if _TEST_TARGET.search(_text(top / name)):
            return [GuessedGate("tests", ("make", "test"), f"{name} has a target `test`")]
    found = [*_python(top), *_javascript(top), *_others(top)]
    seen: set[str] = set()
    return [gate for gate in found if not (gate.name in seen or seen.add(gate.name))]


def _python(top: Path) -> Iterator[GuessedGate]:
    pyproject = _toml(top / "pyproject.toml")
    tools = pyproject.get("tool")
    tool: dict[str, Any] = cast("dict[str, Any]", tools) if isinstance(tools, dict) else {}
    signs = {
        "pyproject.toml configures pytest": "pytest" in tool,
        "there is a pytest.ini": (top / "pytest.ini").is_file(),
        "there is a conftest.py": any((top / name / "conftest.py").is_file() for name in _TESTS),
        "setup.cfg configures pytest": "[tool:pytest]" in _text(top / "setup.cfg"),
        "tests are named for pytest": any(
            any((top / name).glob(pattern)) for name, pattern in _TEST_FILES
        ),
    }
    why = next((sign for sign, holds in signs.items() if holds), None)
    if why is not None:
        yield GuessedGate("tests", _pytest(top), why)
    elif (top / "tox.ini").is_file() or "tox" in tool:
        yield GuessedGate("tests", ("tox",), "tox is configured")
    elif (top / "noxfile.py").is_file():
        yield GuessedGate("tests", ("nox",), "there is a noxfile.py")


_TESTS = (".", "tests", "test")
_TEST_FILES = ((".", "test_*.py"), ("tests", "**/test_*.py"), ("test", "**/test_*.py"))


def _pytest(top: Path) -> tuple[str, ...]:
    if (top / "uv.lock").is_file():
        return ("uv", "run", "pytest", "-q")
    if (top / "poetry.lock").is_file():
        return ("poetry", "run", "pytest", "-q")
    return ("python", "-m", "pytest", "-q")


def _javascript(top: Path) -> Iterator[GuessedGate]:
    try:
        package: object = json.loads(_text(top / "package.json") or "null")
    except (ValueError, RecursionError):
        return
    scripts = cast("dict[str, Any]", package).get("scripts") if isinstance(package, dict) else None
    test = cast("dict[str, Any]", scripts).get("test") if isinstance(scripts, dict) else None
    if not isinstance(test, str) or _NO_TEST in test:
        return
    locks = {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lock": "bun", "bun.lockb": "bun"}
    runner = next((name for lock, name in locks.items() if (top / lock).is_file()), "npm")
    yield GuessedGate("node tests", (runner, "run", "test"), "package.json has a script `test`")


def _others(top: Path) -> Iterator[GuessedGate]:
    known = {
        "Cargo.toml": GuessedGate("rust tests", ("cargo", "test"), "there is a Cargo.toml"),
        "go.mod": GuessedGate("go tests", ("go", "test", "./..."), "there is a go.mod"),
        "mix.exs": GuessedGate("elixir tests", ("mix", "test"), "there is a mix.exs"),
        "pom.xml": GuessedGate("java tests", ("mvn", "-q", "test"), "there is a pom.xml"),
        "gradlew": GuessedGate("java tests", ("./gradlew", "test"), "there is a gradlew"),
        "Package.swift": GuessedGate("swift tests", ("swift", "test"), "there is a Package.swift"),
    }
    yield from (gate for name, gate in known.items() if (top / name).is_file())


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("utf-8", errors="replace")
    except OSError:
        return ""


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
