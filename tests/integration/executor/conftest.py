"""Fixtures for tests with real supervisors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.executor.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Return a local executor whose programs are ended with the test."""
    made = Scene(tmp_path / "scene")
    yield made
    made.close()
