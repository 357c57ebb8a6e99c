"""What the demo needs to know of a Python project: its packages, and how its tests are run."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from agentrelay.demo.agents.sources import NOT_OFFERED, module_name
from agentrelay.errors import PreconditionError

NO_PACKAGES = NOT_OFFERED | {"bench", "benchmarks", "doc", "docs", "examples", "scripts", "tools"}
TEST_FOLDERS = ("tests/unit", "tests", "test", "testing")

OWN_PACKAGE = "src/agentrelay"
OWN_FAST_TESTS = (
    *("tests/unit/agent", "tests/unit/task", "tests/unit/workstream"),
    *("tests/unit/graph/test_cycles.py", "tests/unit/graph/test_validate.py"),
)
"""All of our own tests take too long for a gate; these are fast, also on a busy machine."""

ENOUGH_MODULES = 2
"""The first turn of the agent for reference pages leaves out all but the top package's."""


@dataclass(frozen=True)
class Project:
    """A Python project: paths are relative to its repository.

    ``tests`` is what pytest is given, ``new_tests`` the folder for tests that agents write.
    """

    root: str
    packages: tuple[str, ...]
    tests: tuple[str, ...]
    new_tests: str

    def new_test(self, name: str) -> str:
        """Return the path of a test that an agent writes."""
        return f"{self.new_tests}/test_{name}.py"

    def pytest(self, *paths: str) -> tuple[str, ...]:
        """Return the argv that runs tests on the code of the current folder."""
        return (
            *("env", f"PYTHONPATH={self.root}", "PYTHONDONTWRITEBYTECODE=1"),
            *(sys.executable, "-m", "pytest", "-q", "-x", "-rN"),
            *("-p", "no:cacheprovider", "-p", "no:randomly", *paths),
        )


def find_project(files: Sequence[str]) -> Project:
    """Return the Python project whose repository has these files.

    PreconditionError where there is no package, or there are no tests.
    """
    for root in ("src", "."):
        packages = tuple(_packages(root, files))
        if packages:
            break
    else:
        raise _unfit("there is no Python package at its top or in src/")
    tests = _tests(packages, files)
    if not tests:
        raise _unfit(f"there are no tests in {', '.join(TEST_FOLDERS)}")
    if _count_modules(packages, files) < ENOUGH_MODULES:
        raise _unfit("there is not more than one module")
    folder = "tests" if any(file.startswith("tests/") for file in files) else tests[0]
    return Project(root, packages, tests, folder)


def _packages(root: str, files: Iterable[str]) -> list[str]:
    parent = PurePosixPath(root)
    inits = (PurePosixPath(file) for file in files if file.endswith("/__init__.py"))
    folders = {file.parent for file in inits if file.parent.parent == parent}
    return sorted(str(folder) for folder in folders if folder.name not in NO_PACKAGES)


def _tests(packages: tuple[str, ...], files: Sequence[str]) -> tuple[str, ...]:
    found = [file for file in files if _is_test(file)]
    if packages == (OWN_PACKAGE,) and all(_holds(place, found) for place in OWN_FAST_TESTS):
        return OWN_FAST_TESTS
    places = (*TEST_FOLDERS, *(f"{package}/tests" for package in packages))
    return tuple(place for place in places if _holds(place, found))[:1]


def _holds(place: str, tests: Iterable[str]) -> bool:
    return any(file == place or file.startswith(f"{place}/") for file in tests)


def _is_test(file: str) -> bool:
    name = PurePosixPath(file).name
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def _count_modules(packages: Iterable[str], files: Iterable[str]) -> int:
    python = [file for file in files if file.endswith(".py")]
    return sum(
        file.startswith(f"{package}/") and module_name(package, PurePosixPath(file)) is not None
        for package in packages
        for file in python
    )


def _unfit(reason: str) -> PreconditionError:
    return PreconditionError(
        f"the demo can't work on this repository: {reason}",
        hint="agentrelay demo REPO, where REPO has a Python package and its tests",
    )
