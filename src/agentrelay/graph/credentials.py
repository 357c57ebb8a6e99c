"""Tells which environment variables carry keys of a forge, which agents never get."""

from __future__ import annotations

import re

_NAMES = frozenset(
    {
        "CI_JOB_TOKEN",
        "GCM_CREDENTIAL_STORE",
        "GIT_ASKPASS",
        "GIT_CREDENTIALS",
        "GIT_PASSWORD",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_TOKEN",
        "SSH_AGENT_PID",
        "SSH_ASKPASS",
        "SSH_AUTH_SOCK",
    }
)
_FORGE_KEY = re.compile(
    r"(AGENTRELAY_)?(GH|GHE|GITHUB|GITLAB|GL|GITEA|FORGEJO|CODEBERG|BITBUCKET)_(.+_)?"
    r"(TOKEN|PAT|PASSWORD|PASSWD|SECRET|KEY)",
    re.IGNORECASE,
)


def is_forge_credential(variable: str) -> bool:
    """Say whether ``variable`` is known to carry a forge's key or the way to one."""
    return variable.upper() in _NAMES or _FORGE_KEY.fullmatch(variable) is not None
