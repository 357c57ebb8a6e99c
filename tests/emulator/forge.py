"""The emulator: the forge's state and its dialects behind one address, with faults before them."""

from __future__ import annotations

import itertools
import re
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.emulator.core.hub import Hub
from tests.emulator.core.model import Repository
from tests.emulator.core.sync import sync
from tests.emulator.gitea import rest as gitea
from tests.emulator.github.errors import failure
from tests.emulator.github.graphql.endpoint import PATHS, GraphQL
from tests.emulator.github.limits import Limits
from tests.emulator.github.rest import Rest
from tests.emulator.gitlab import rest as gitlab
from tests.emulator.wire.faults import Cut, Fault, Faults, Planted, Silence, Slow, Stale, Status
from tests.emulator.wire.http import Request, Response
from tests.emulator.wire.server import Answer, Drop, serving


@dataclass
class Emulator:
    """A forge that runs in this process; tests look at ``hub`` and change it under its lock."""

    hub: Hub = field(default_factory=Hub)
    faults: Faults = field(default_factory=Faults)
    requests: list[Request] = field(default_factory=list[Request])
    failures: list[BaseException] = field(default_factory=list[BaseException])
    url: str = ""
    socket: Path = Path()

    def __post_init__(self) -> None:
        self.ending = threading.Event()
        self.limits = Limits(self.hub.clock)
        self.rest = Rest(self.hub, self.limits)
        self.graphql = GraphQL(self.hub, self.limits)
        self.gitlab = gitlab.GitLab(self.hub)
        self.gitea = gitea.Gitea(self.hub)
        self._ids = itertools.count(1)
        self._replicas: list[tuple[Planted, dict[str, Repository]]] = []

    def plant(
        self, fault: Fault, *, times: int = 1, method: str = "", path: str = "", body: str = ""
    ) -> None:
        """Let the next ``times`` requests that fit meet a fault (see ``Faults.plant``)."""
        with self.hub.lock:
            made = self.faults.plant(fault, times=times, method=method, path=path, body=body)
            if isinstance(fault, Stale):
                self._replicas.append((made, self.hub.copied()))

    def counts(self) -> Counter[str]:
        """Return how often each ``METHOD /path`` was asked for."""
        return Counter(f"{request.method} {request.path}" for request in self.requests)

    def count(self, method: str = "", path: str = "") -> int:
        """Return how many requests of a method there were whose path has a pattern."""
        fitting = (each for each in self.requests if method in ("", each.method))
        return sum(re.search(path, each.path) is not None for each in fitting)

    def notice_pushes(self) -> None:
        """Take over what was pushed: a server sees each push, this one only when it is asked."""
        with self.hub.lock:
            for repository in self.hub.repositories.values():
                sync(self.hub, repository)

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request of any dialect, or what a fault makes of it."""
        with self.hub.lock:
            self.requests.append(request)
            struck = self.faults.take(request)
            if struck is None:
                return self._answered(request)
            if isinstance(struck.fault, Stale):
                return self._from_replica(struck, request)
            is_done = isinstance(struck.fault, Slow) or struck.fault.after
            answer = self._answered(request) if is_done else Response(204)
        return _spoilt(struck.fault, answer)

    def _from_replica(self, struck: Planted, request: Request) -> Response:
        replica = next(old for planted, old in self._replicas if planted is struck)
        with self.hub.showing(replica):
            return self._answered(request)

    def _answered(self, request: Request) -> Response:
        try:
            answer = self._dialect(request.path)(request)
        except Exception as error:
            self.failures.append(error)
            raise
        return answer.plus({"X-GitHub-Request-Id": f"E:{next(self._ids):04X}"})

    def _dialect(self, path: str) -> Callable[[Request], Response]:
        if path.startswith(gitlab.PREFIX):
            return self.gitlab.answer
        if path.startswith(gitea.PREFIX):
            return self.gitea.answer
        return self.graphql.answer if path in PATHS else self.rest.answer


def _spoilt(fault: Status | Cut | Silence | Slow, answer: Response) -> Answer:
    """Return what the client gets of an answer."""
    match fault:
        case Status():
            return failure(fault.status, fault.message).plus(fault.headers)
        case Cut():
            return Drop()
        case Silence():
            return Drop(threading.TIMEOUT_MAX)
        case Slow(seconds):
            return replace(answer, delay=seconds)


@contextmanager
def running() -> Generator[Emulator]:
    """Serve an emulator until the block ends; what went wrong inside it is raised then."""
    made = Emulator()
    with serving(made.answer, made.ending) as addresses:
        made.url, made.socket = addresses.url, addresses.socket
        yield made
    for each in made.failures:
        raise each
