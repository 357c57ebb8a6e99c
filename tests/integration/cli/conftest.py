"""A scene for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo
from tests.integration.cli.account import Account
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


@pytest.fixture
def account(
    scene: Scene, tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Account:
    del environment
    (tmp_path / "runtime").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "account").mkdir()
    scene.repo.git("config", "user.name", "Test User")
    scene.repo.git("config", "user.email", "test@example.invalid")
    return Account(scene, tmp_path / "account")
