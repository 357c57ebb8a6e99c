"""A project that is not ours, as the package index has it, goes from graph to landed lanes."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from tests.e2e.playing import SECONDS, play_demo, processes_in
from tests.gitrepo import TestRepo

DOWNLOADS = Path(sys.prefix) / "downloads"
PROJECT = "boltons"
"""Version and hash are pinned in tools/setup, which downloads it."""


@pytest.fixture
def project(tmp_path: Path) -> TestRepo:
    """Return a repository with one commit: the project's source distribution, as unpacked."""
    found = list(DOWNLOADS.glob(f"{PROJECT}-*.tar.gz"))
    if not found:
        pytest.skip(f"NOT TESTED on a project of others: {DOWNLOADS} has no {PROJECT}; make setup")
    with tarfile.open(found[0]) as archive:
        archive.extractall(tmp_path / "sdist", filter="data")
    (folder,) = (tmp_path / "sdist").iterdir()
    repo = TestRepo(folder)
    repo.git("init", "--quiet", "--initial-branch=trunk")
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "-m", "as published")
    return repo


@pytest.mark.timeout(SECONDS + 30)
def test_a_published_project_is_changed_and_its_own_tests_pass(
    project: TestRepo, tmp_path: Path
) -> None:
    published = project.head()
    played = play_demo(tmp_path / "tmp", str(project.path), "--keep", cwd=tmp_path)
    played.require_success()
    (scratch,) = played.left
    clone = TestRepo(scratch / "clone")

    landings = clone.git("log", "--first-parent", "--reverse", "--format=%s", f"{published}..main")
    assert sorted(landings.splitlines()) == [
        f"Land {x} on main" for x in ("checks", "code", "docs")
    ]
    assert landings.splitlines()[-1] == "Land docs on main", "it lands after those it depends on"
    assert "@final\nclass LRU" in clone.show("boltons/cacheutils.py", "main")
    assert "boltons.cacheutils" in clone.show("docs/modules/README.md", "main")
    assert "- final: Mark classes" in clone.show("CHANGELOG.md", "main")
    assert clone.status() == ""
    own_tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=clone.path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert own_tests.returncode == 0, own_tests.stdout
    assert (project.head(), project.status()) == (published, ""), "the original is only read"
    assert processes_in(tmp_path) == []
