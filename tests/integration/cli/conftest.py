"""A scene for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo
from tests.integration.cli.scene import Scene
from tests.replays import assert_runs_replay


@pytest.fixture
def scene(repo: TestRepo, tmp_path: Path) -> Iterator[Scene]:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    made = Scene(repo, temporary)
    yield made
    made.end()
    assert_runs_replay(repo.path)
