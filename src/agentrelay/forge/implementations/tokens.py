"""Finding the token for a forge: in the environment, by a command, from `gh`, from git's helpers.

It is never read from a file of ours, and never put on a command line, into a URL or into a log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agentrelay._shared import process
from agentrelay.errors import ForgeDeniedError
from agentrelay.forge.implementations.remote_url import CLOUD
from agentrelay.gitio.command import Git
from agentrelay.gitio.credential import stored_password

OWN_VARIABLE = "AGENTRELAY_GITHUB_TOKEN"
TIMEOUT = 30.0
HIDDEN = "[token]"

_CLOUD = ("GH_TOKEN", "GITHUB_TOKEN")
_ENTERPRISE = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
_PRINTABLE = re.compile(r"[!-~]+")
_OF_GITHUB = (".github.com", ".ghe.com")
_TOKEN_LIKE = re.compile(r"\b(gh[pousr]_[A-Za-z0-9_]{10,}|github_pat_\w{10,}|glpat-[\w-]{10,})")


@dataclass(frozen=True)
class Token:
    """A key for a forge, and where it came from, for people."""

    value: str = field(repr=False)
    source: str


def redacted(text: str, secret: str = "") -> str:
    """Return ``text`` without ``secret``, nor anything else that looks like a forge's token."""
    known = text.replace(secret, HIDDEN) if secret else text
    return _TOKEN_LIKE.sub(HIDDEN, known)


@dataclass(frozen=True)
class TokenSources:
    """Where a token for ``host`` may be; ``command`` is the user's own, empty without one.

    Whoever wrote a repository may say where its origin is: what is not kept by host (variables, the
    command) is for GitHub's own hosts, and for one that the user has named (``is_named``).
    """

    host: str
    environ: Mapping[str, str] = field(repr=False)
    command: Sequence[str]
    git: Git
    is_named: bool = False

    def require(self) -> Token:
        """Return the token; ForgeDeniedError, which names all ways to give one, without one."""
        found = self.find()
        if found is None:
            message = f"no token for {self.host} was found"
            ways = f"set {self._variables[1]} or token_command"
            if not self._is_trusted:
                ways = f"{ways}, which are for {self.host} once you set GH_HOST or forge_host to it"
            raise ForgeDeniedError(message, hint=f"gh auth login --hostname {self.host}, or {ways}")
        return found

    def find(self) -> Token | None:
        """Return the first token that there is, or None.

        ForgeDeniedError where the user's own command for that fails, or where it can be no token:
        no other is guessed then.
        """
        token = next((found for look in self._looks() if (found := look()) is not None), None)
        if token is not None and not _PRINTABLE.fullmatch(token.value):
            # Sent, it would fail with words that have it in them.
            message = f"the token by {token.source} has characters that no token has"
            raise ForgeDeniedError(message, hint="set it anew; agentrelay doctor tries it")
        return token

    @property
    def _variables(self) -> tuple[str, ...]:
        return (OWN_VARIABLE, *(_CLOUD if self._is_cloud else _ENTERPRISE))

    @property
    def _is_cloud(self) -> bool:
        return self.host == CLOUD or self.host.endswith(_OF_GITHUB)

    @property
    def _is_trusted(self) -> bool:
        return self.is_named or self._is_cloud

    def _looks(self) -> Iterator[Callable[[], Token | None]]:
        if self._is_trusted:
            yield self._from_environment
        if self._is_trusted and self.command:
            yield self._from_command
        yield self._from_gh
        yield self._from_git

    def _from_environment(self) -> Token | None:
        found = (name for name in self._variables if self.environ.get(name, "").strip())
        name = next(found, None)
        return None if name is None else Token(self.environ[name].strip(), f"${name}")

    def _from_command(self) -> Token | None:
        said = self._said(self.command, self.environ)
        if not said:
            message = f"token_command ({self.command[0]}) gave no token for {self.host}"
            raise ForgeDeniedError(message, hint="run it yourself; agentrelay config shows it")
        return Token(said, "token_command")

    def _from_gh(self) -> Token | None:
        # It would give those of its variables that it knows to any host: they were looked at.
        kept = {k: v for k, v in self.environ.items() if k not in (*_CLOUD, *_ENTERPRISE)}
        said = self._said(("gh", "auth", "token", "--hostname", self.host), kept)
        return Token(said, "gh auth token") if said else None

    def _from_git(self) -> Token | None:
        found = stored_password(self.git, self.host)
        return Token(found, "git's credential helper") if found else None

    def _said(self, argv: Sequence[str], environ: Mapping[str, str]) -> str:
        """Return the one word that a program says, nothing where it fails or is not there."""
        try:
            done = process.run(argv, cwd=self.git.cwd, env=environ, timeout=TIMEOUT)
        except (OSError, process.ProcessTimeoutError):
            return ""
        words = done.stdout.decode("utf-8", "replace").split()
        return words[0] if done.returncode == 0 and len(words) == 1 else ""
