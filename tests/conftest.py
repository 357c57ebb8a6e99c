"""Fixtures for all tests: a pinned environment, and real git repositories."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.github_scene import GitHub, serving_github
from tests.gitrepo import MakeRepo, TestRepo, make_origin, make_repo, pinned_environment

# A loaded machine makes examples slow; that says nothing about the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

KEPT = {"COVERAGE_PROCESS_START", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", "TMPDIR"}


@pytest.fixture(autouse=True)
def environment(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """Pin the environment of this process and its children; return it."""
    pinned = pinned_environment(tmp_path_factory.mktemp("home"), os.environ["PATH"])
    for name in set(os.environ) - KEPT:
        monkeypatch.delenv(name)
    for name, value in pinned.items():
        monkeypatch.setenv(name, value)
    folder = os.getcwd()
    yield pinned
    os.chdir(folder)


@pytest.fixture
def repo(tmp_path: Path) -> TestRepo:
    """Return a repository with one commit on ``main``."""
    return make_repo(tmp_path / "repo")


@pytest.fixture
def origin(repo: TestRepo, tmp_path: Path) -> TestRepo:
    """Return a bare repository, added to ``repo`` as ``origin``, which has its ``main``."""
    return make_origin(repo, tmp_path / "origin.git")


@pytest.fixture
def github(repo: TestRepo, origin: TestRepo) -> Iterator[GitHub]:
    """Serve ``origin`` as a repository of GitHub's, and give the forge for ``repo``."""
    with serving_github(repo, origin.path) as scene:
        yield scene


@pytest.fixture
def new_repo(tmp_path: Path) -> MakeRepo:
    """Return a function that makes a further repository by name."""
    return lambda name: make_repo(tmp_path / name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many coding agents and crash points were tested, if any were to be."""
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    ended = [report for report in reports if getattr(report, "when", "") == "call"]
    told = [pair for report in ended for pair in report.user_properties]
    agents = {
        name: {value for key, value in told if key == name} for name in ("driven", "drivable")
    }
    if agents["drivable"]:
        line = f"CLIs driven: {len(agents['driven'])}/{len(agents['drivable'])}"
        terminalreporter.write_line(line)
    points = [value for key, value in told if key == "crash points"]
    if points:
        passed, total = (sum(counts) for counts in zip(*points, strict=True))
        terminalreporter.write_line(f"crash points {passed}/{total}")
