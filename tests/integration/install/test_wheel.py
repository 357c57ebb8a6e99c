"""The built wheel works in an empty environment and a repository that knows nothing of us."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo

ROOT = Path(__file__).parents[3]
DOWNLOADS = Path(sys.prefix) / "downloads"
"""Where tools/setup puts our dependencies as wheels, so that nothing is fetched here."""
SECONDS = 120.0


def _run(*argv: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def _must(*argv: str | Path, cwd: Path) -> str:
    done = _run(*argv, cwd=cwd)
    assert done.returncode == 0, f"{argv}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from these sources without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    _must(sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("agentrelay-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """Return the folder of commands of an empty environment with the wheel in it."""
    if not list(DOWNLOADS.glob("click-*.whl")):
        pytest.skip(f"NOT TESTED from an empty environment: {DOWNLOADS} is empty; make setup")
    venv = wheel.parent / "venv"
    _must(sys.executable, "-m", "venv", venv, cwd=wheel.parent)
    offline = ("--no-index", "--find-links", DOWNLOADS, "--quiet", "--disable-pip-version-check")
    _must(venv / "bin" / "python", "-m", "pip", "install", *offline, wheel, cwd=wheel.parent)
    return venv / "bin"


def test_the_wheel_has_what_is_not_python(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {"agentrelay/py.typed", "agentrelay/demo/graph.yaml"} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "bench/", "tools/"))]


@pytest.mark.timeout(4 * SECONDS)
def test_a_change_lands_in_a_foreign_repository(
    installed: Path, repo: TestRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{installed}{os.pathsep}{os.environ['PATH']}")
    before = repo.head()
    asked = _run(
        *("agentrelay", "do", "Greet the reader", "--yes"),
        *("--run", "echo 'Hello, reader.' >> README.md"),
        *("--gate", "grep -q Hello README.md"),
        cwd=repo.path,
    )
    assert asked.returncode == 5, f"it waits for a person: {asked.stdout}\n{asked.stderr}"
    assert (repo.head("main"), repo.status()) == (before, ""), "nothing has landed yet"
    said = (asked.stdout + asked.stderr).splitlines()
    command = next(line for line in said if line.strip().startswith("agentrelay approve"))
    _must(*command.split(), "--yes", cwd=repo.path)
    assert "Hello, reader." in repo.show("README.md", "main")
    assert "Hello, reader." in (repo.path / "README.md").read_text(), "the checkout came along"
    assert repo.git("merge-base", "--is-ancestor", before, "main") == ""
    assert repo.status() == ""


@pytest.mark.timeout(4 * SECONDS)
def test_the_demo_says_which_tools_it_lacks(installed: Path, repo: TestRepo) -> None:
    done = _run(installed / "agentrelay", "demo", cwd=repo.path)
    assert done.returncode == 3
    assert "need ruff, libcst, pytest" in done.stderr
    assert f"{installed / 'python'}" in done.stderr
    assert "-m pip install ruff libcst pytest" in done.stderr
