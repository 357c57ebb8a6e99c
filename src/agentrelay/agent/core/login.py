"""Name the account that a program logs in with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from agentrelay.agent.core.adapter import About


def account_of(about: About, env: Mapping[str, str]) -> str | None:
    """Return the name of the account that a program uses in ``env``, None where it has none.

    It holds the adapter's name and a digest of what the program logs in with, so no secret.
    """
    if about.account is None:
        return None
    login = next((env[key] for key in about.account.keys if env.get(key)), None)
    if login is None:
        login = env.get(about.account.home) or f"{env.get('HOME', '')}/{about.account.folder}"
    services = [env.get(name, "") for name in sorted(about.variables) if name.endswith("_BASE_URL")]
    digest = hashlib.sha256("\0".join([login, *services]).encode("utf-8", "surrogateescape"))
    return f"{about.name}-{digest.hexdigest()[:12]}"
