"""Fixtures for tests that kill real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.holding import holding
from tests.faults.scene import Scratch, Server


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a process that runs command lines."""
    made = Server()
    yield made
    made.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scratch]:
    """Return a repository whose agents work until they are told to end."""
    with holding(tmp_path) as made:
        yield made
