"""Name the account that a program logs in with."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from agentrelay.agent.core.adapter import About, Account

_SERVICES = ("_BASE_URL", "_API_BASE")
"""How the names of variables end that hold the address of a service."""

_NO_NAME = re.compile(r"[^a-z0-9]+")
"""What of a provider's name can't stand in the name of an account, which is one of a file."""


def account_of(about: About, env: Mapping[str, str], model: str | None = None) -> str | None:
    """Return the name of the account that a program uses in ``env``, None where it has none.

    It holds the adapter's name, where ``model`` tells it that of its service, and a digest of what
    the program logs in with there, so no secret.
    """
    if about.account is None:
        return None
    provider = _provider_of(about.account, model or env.get(about.account.model, ""))
    services = [env.get(name, "") for name in sorted(about.variables) if name.endswith(_SERVICES)]
    parts = [*_logins(about.account, env, provider), *services, *([provider] if provider else [])]
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape"))
    whose = "-".join(filter(None, (about.name, _NO_NAME.sub("-", provider.lower()).strip("-"))))
    return f"{whose}-{digest.hexdigest()[:12]}"


def _provider_of(account: Account, model: str) -> str:
    """Return the service that has ``model``, an empty text where that is not known."""
    name, slash, _ = model.partition("/")
    if not account.providers or slash:
        return name if account.providers else ""
    named = (each for each in account.providers if _is_called(model, each.models))
    return next((each.name for each in named), "")


def _is_called(model: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(model, pattern) for pattern in patterns)


def _logins(account: Account, env: Mapping[str, str], provider: str) -> Iterator[str]:
    """Give what a program logs in with: the first key there is, or else what its folder has.

    Without a provider, a program that has some may use any of its keys.
    """
    known = {each.name: each.keys for each in account.providers}
    keys = known.get(provider, ()) if provider else account.keys
    found = [env[key] for key in keys if env.get(key)]
    if found:
        yield from found if account.providers and not provider else found[:1]
    else:
        yield env.get(account.home) or f"{env.get('HOME', '')}/{account.folder}"
