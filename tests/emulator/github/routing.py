"""The table of the REST API's routes."""

from __future__ import annotations

from collections.abc import Callable

from tests.emulator.github.call import Call
from tests.emulator.wire.http import Response
from tests.emulator.wire.routes import Routes


class GitHubRoutes(Routes[Callable[[Call], Response]]):
    """Routes of functions that answer a call."""
