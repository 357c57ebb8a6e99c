"""Fixtures for the tests of the emulator: one that runs, and a client that is known to it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from tests.emulator.client import Client
from tests.emulator.forge import Emulator, running
from tests.gitrepo import TestRepo

SLUG = "octo/shop"


@pytest.fixture
def forge(origin: TestRepo) -> Generator[Emulator]:
    """Run a forge with the repository ``octo/shop``, whose bare repository is ``origin``."""
    with running() as made:
        made.hub.add_token("secret", "octo")
        made.hub.add_token("alice-token", "alice")
        shop = made.hub.add_repository(SLUG, Path(origin.path))
        shop.collaborators.append(made.hub.user("alice"))
        yield made


@pytest.fixture
def client(forge: Emulator) -> Generator[Client]:
    """Return a client of the account ``octo``."""
    with Client.of(forge.url, "secret") as made:
        yield made


@pytest.fixture
def alice(forge: Emulator) -> Generator[Client]:
    """Return a client of the account ``alice``."""
    with Client.of(forge.url, "alice-token") as made:
        yield made
