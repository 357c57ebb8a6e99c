"""Which forge the change requests of lanes are on, and the way to it.

All change requests are kept as refs of the repository. Where a forge of others is chosen, those of
lanes are there as well, and lanes land by it. What speaks to it is loaded only then.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from agentrelay.app.place import Place
from agentrelay.engine.runs import RunFacts
from agentrelay.errors import ForgeDeniedError, PreconditionError
from agentrelay.forge.core.forge import RemoteForge
from agentrelay.forge.implementations.remote_url import CLOUD, repository_of
from agentrelay.forge.implementations.tokens import TokenSources
from agentrelay.gitio.remote import origin_url

if TYPE_CHECKING:
    from agentrelay.forge.implementations.github_merge import MergeBy
    from agentrelay.forge.implementations.http_client import HttpClient

LOCAL = "local"
GITHUB = "github"


@dataclass(frozen=True)
class ForgeChoice:
    """The forge of lanes: its ``kind``, where it is (host/owner/name), and why it is that one."""

    kind: str
    at: str
    why: str

    @property
    def is_local(self) -> bool:
        """Tell whether change requests are refs here and nothing else."""
        return self.kind == LOCAL


def chosen_forge(place: Place) -> ForgeChoice:
    """Return the forge that the settings choose here.

    PreconditionError where they name one that can't be reached from here.
    """
    wanted = place.settings.forge
    if wanted == LOCAL:
        return ForgeChoice(LOCAL, "", "change requests are refs of this repository")
    found = _repository(place)
    if wanted == GITHUB:
        from agentrelay.forge.implementations.http_client import require_package  # noqa: PLC0415 - only for those who chose one

        require_package()
        if found is None:
            message = "forge is github, but origin is no repository of a GitHub host"
            hint = "git remote add origin git@github.com:OWNER/NAME.git"
            raise PreconditionError(message, hint=hint)
        return ForgeChoice(GITHUB, "/".join(found), "the setting forge says so")
    return _guessed(place, found)


def require_token(place: Place, choice: ForgeChoice) -> None:
    """Raise ForgeDeniedError where there is no token for a forge of others; it is not asked."""
    if not choice.is_local:
        token_sources(place, choice.at.partition("/")[0]).require()


def _guessed(place: Place, found: tuple[str, str] | None) -> ForgeChoice:
    """Choose a forge of others only where all is there that it needs."""
    if found is None or found[0] not in {CLOUD, *_hosts_named(place)}:
        return ForgeChoice(LOCAL, "", "origin is on no host that is known to be GitHub")
    from agentrelay.forge.implementations.http_client import has_package  # noqa: PLC0415 - only for those who chose one

    if not has_package():
        return ForgeChoice(LOCAL, "", "the extra agentrelay[forges] is not installed")
    token = token_sources(place, found[0]).find()
    if token is None:
        return ForgeChoice(LOCAL, "", f"no token for {found[0]} was found")
    return ForgeChoice(GITHUB, "/".join(found), f"origin is there, with a token by {token.source}")


def _repository(place: Place) -> tuple[str, str] | None:
    found = repository_of(origin_url(place.repo))
    host = place.settings.forge_host
    return found if found is None or host is None else (host.lower(), found[1])


def _hosts_named(place: Place) -> set[str]:
    """Return the hosts that the user says are GitHub: no repository can say so."""
    named = (place.settings.forge_host, place.environ.get("GH_HOST"))
    return {host.lower() for host in named if host}


def token_sources(place: Place, host: str) -> TokenSources:
    """Return where a token for a host may come from here."""
    git, command = place.repo.git, place.settings.token_command
    is_named = host in _hosts_named(place)
    return TokenSources(host, place.environ, command, git, is_named=is_named)


@contextmanager
def forge_client(place: Place, host: str) -> Generator[HttpClient]:
    """Give a client of the GitHub at ``host``, which asks nobody before it is used."""
    from agentrelay.forge.implementations.github import HEADERS, api_of  # noqa: PLC0415 - only for those who chose one
    from agentrelay.forge.implementations.http_client import (  # noqa: PLC0415 - only for those who chose one
        HttpClient,
        require_package,
    )

    require_package()
    sources, socket = token_sources(place, host), place.settings.forge_socket or ""
    with HttpClient(api_of(host), sources.require, HEADERS, socket=socket) as client:
        yield client


@contextmanager
def forge_of_run(place: Place, facts: RunFacts) -> Generator[RemoteForge | None]:
    """Give the forge of others on which a run's lanes have their change requests, if there is."""
    if facts.forge == LOCAL:
        yield None
        return
    from agentrelay.forge.implementations.github import GitHubForge  # noqa: PLC0415 - only for those who chose one
    from agentrelay.forge.implementations.github_pulls import GitHubPulls  # noqa: PLC0415 - only for those who chose one

    host, _, repository = facts.forge_at.partition("/")
    with forge_client(place, host) as client:
        pulls = GitHubPulls(client, repository, place.repo)
        yield GitHubForge(pulls, cast("MergeBy", facts.merge_by))


def token_state(place: Place, choice: ForgeChoice) -> str:
    """Return which token opens a forge and as whom, having asked it.

    ForgeError, which says why, where none does.
    """
    host, _, repository = choice.at.partition("/")
    with forge_client(place, host) as client:
        answer = client.read(f"/repos/{repository}")
        # Tokens of some kinds are told no rights at all: those show when something is written.
        rights: Mapping[str, bool] = answer.json.get("permissions", {})
        if not rights.get("push", True):
            message = f"the token by {client.token.source} may not write to {choice.at}"
            raise ForgeDeniedError(message, hint="give it contents and pull requests: write")
        return f"the token by {client.token.source} works"
