"""A repository whose origin is one of the emulator of GitHub, and the forge that works with it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.emulator.core.checking import add_status
from tests.emulator.core.discussing import comment
from tests.emulator.core.hub import Actor
from tests.emulator.core.merging import Merge, merge
from tests.emulator.core.model import ChangeRequest, Method, Protection, Repository
from tests.emulator.core.opening import Proposal, close, open_request
from tests.emulator.forge import Emulator, running
from tests.gitrepo import TestRepo

from agentrelay.forge.implementations.github import HEADERS, GitHubForge, api_of
from agentrelay.forge.implementations.github_merge import MergeBy
from agentrelay.forge.implementations.github_pulls import GitHubPulls
from agentrelay.forge.implementations.http_client import HttpClient, Waiting
from agentrelay.forge.implementations.tokens import Token
from agentrelay.gitio.repository import discover

SLUG = "acme/shop"
TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
"""Looks like GitHub's, so that its redaction is tested too."""


@dataclass
class GitHub:
    """The emulator, and a clone ``repo`` of the repository ``acme/shop`` there."""

    emulator: Emulator
    repo: TestRepo
    slept: list[float] = field(default_factory=list[float])
    open: ExitStack = field(default_factory=ExitStack)

    @property
    def repository(self) -> Repository:
        """Return what the emulator knows of the repository."""
        return self.emulator.hub.repository(SLUG)

    def merges(self, method: Method = Method.MERGE, number: int = 1) -> str:
        """Have a person merge a pull request on the forge; return the commit that lands."""
        self.emulator.notice_pushes()
        with self.emulator.hub.lock:
            return merge(self._person, self._request(number), Merge(method))

    def opens(self, branches: Sequence[str], into: str = "main") -> None:
        """Have a person open a pull request for each of these branches."""
        with self.emulator.hub.lock:
            for branch in branches:
                open_request(self._person, Proposal(branch, "", branch, into))

    def checks(self, name: str, state: str, number: int = 1) -> None:
        """Have CI say something of a pull request's head."""
        with self.emulator.hub.lock:
            add_status(self._person, self._request(number).head, name, state)

    def closes(self, number: int = 1) -> None:
        """Have a person close a pull request on the forge."""
        with self.emulator.hub.lock:
            close(self._person, self._request(number))

    def says(self, text: str, number: int = 1) -> None:
        """Have a person comment on a pull request."""
        with self.emulator.hub.lock:
            comment(self._person, self._request(number), text)

    def _request(self, number: int) -> ChangeRequest:
        return next(each for each in self.repository.requests if each.number == number)

    @property
    def _person(self) -> Actor:
        hub = self.emulator.hub
        return Actor(hub, self.repository, hub.user("acme"))

    def client(self, token: str = TOKEN, waiting: Waiting | None = None) -> HttpClient:
        """Return a client that waits for nothing, but notes for how long it would."""
        client = HttpClient(
            api_of("github.com"),
            lambda: Token(token, "a test"),
            HEADERS,
            socket=str(self.emulator.socket),
            waiting=waiting or Waiting(sleep=self.slept.append, between_writes=0),
        )
        return self.open.enter_context(client)

    def forge(self, merge_by: MergeBy = "auto") -> GitHubForge:
        """Return the forge."""
        pulls = GitHubPulls(self.client(), SLUG, discover(self.repo.path))
        return GitHubForge(pulls, merge_by)

    def protect(self, branch: str = "main", **wanted: object) -> None:
        """Have the forge ask something of those who merge into a branch."""
        self.repository.protections[branch] = Protection(**wanted)  # type: ignore[arg-type] - as it has


def put_on_github(emulator: Emulator, repo: TestRepo, bare: Path, slug: str = SLUG) -> None:
    """Have ``bare``, which is the origin of ``repo``, be a repository of the emulator."""
    emulator.hub.add_token(TOKEN, "acme")
    emulator.hub.add_repository(slug, bare)
    url = f"https://github.com/{slug}.git"
    repo.git("config", f"url.{bare}.insteadOf", url)
    repo.git("remote", "set-url", "origin", url)


def variables(emulator: Emulator) -> dict[str, str]:
    """Return the variables by which a command line finds the emulator."""
    return {"AGENTRELAY_FORGE_SOCKET": str(emulator.socket), "GH_TOKEN": TOKEN}


@contextmanager
def serving_github(repo: TestRepo, bare: Path) -> Generator[GitHub]:
    """Serve ``bare``, which is the origin of ``repo``, as ``acme/shop`` on github.com."""
    with running() as emulator:
        put_on_github(emulator, repo, bare)
        scene = GitHub(emulator, repo)
        with scene.open:
            yield scene
