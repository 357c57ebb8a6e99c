"""The emulator: the forge's state and its dialects behind one address."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.emulator.core.hub import Hub
from tests.emulator.github.graphql.endpoint import PATHS, GraphQL
from tests.emulator.github.limits import Limits
from tests.emulator.github.rest import Rest
from tests.emulator.wire.http import Request, Response
from tests.emulator.wire.server import Addresses, Drop, serving


@dataclass
class Emulator:
    """A forge that runs in this process; tests look at ``hub`` and change it under its lock."""

    hub: Hub = field(default_factory=Hub)
    requests: list[Request] = field(default_factory=list[Request])
    failures: list[BaseException] = field(default_factory=list[BaseException])
    url: str = ""
    socket: Path = Path()

    def __post_init__(self) -> None:
        self.ending = threading.Event()
        self.limits = Limits(self.hub.clock)
        self.rest = Rest(self.hub, self.limits)
        self.graphql = GraphQL(self.hub, self.limits)
        self._ids = itertools.count(1)

    def answer(self, request: Request) -> Response | Drop:
        """Return the answer to a request of any dialect."""
        with self.hub.lock:
            self.requests.append(request)
            return self._answered(request).plus({"X-GitHub-Request-Id": f"E:{next(self._ids):04X}"})

    def _answered(self, request: Request) -> Response:
        try:
            answers = self.graphql if request.path in PATHS else self.rest
            return answers.answer(request)
        except Exception as error:
            self.failures.append(error)
            raise


@contextmanager
def running() -> Generator[Emulator]:
    """Serve an emulator until the block ends; what went wrong inside it is raised then."""
    made = Emulator()
    with serving(made.answer, made.ending) as addresses:
        _take(made, addresses)
        yield made
    for failure in made.failures:
        raise failure


def _take(made: Emulator, addresses: Addresses) -> None:
    made.url, made.socket = addresses.url, addresses.socket
