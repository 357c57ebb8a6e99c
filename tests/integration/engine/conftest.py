"""Fixtures for tests that run graphs for real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo
from tests.integration.engine.scene import Scene, scene_of
from tests.replays import assert_runs_replay


@pytest.fixture(autouse=True)
def _own_allowances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no other run of this machine take the test's slots."""
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))


@pytest.fixture
def scene(repo: TestRepo, tmp_path: Path) -> Iterator[Scene]:
    """Return a repository in which graphs are run."""
    # Agents get no GIT_* variables, so not the configuration that tests are pinned to.
    repo.git("config", "user.name", "Test User")
    repo.git("config", "user.email", "test@example.invalid")
    with scene_of(repo, tmp_path) as made:
        yield made
        assert_runs_replay(repo.path)
