"""The environment of agents, setup and gates: an allow-list of the user's, and no way to push.

That an agent is given no credential is promised here; that it can't reach one (a key file in the
home folder, say) only a sandbox can promise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

ALLOWED = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "NO_COLOR", "TMPDIR", "TZ",
    "LANG", "LANGUAGE", "CI",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "FTP_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
    "GOPROXY", "GOSUMDB", "GONOSUMDB",
    "CARGO_HOME", "RUSTUP_HOME", "GOPATH", "GOROOT", "JAVA_HOME", "NVM_DIR", "PYENV_ROOT",
    "HOMEBREW_PREFIX", "ANDROID_HOME",
})  # fmt: skip
"""Where programs and caches are, how the network is reached, how to print: nothing that opens."""

ALLOWED_PREFIXES = ("LC_", "XDG_")

CREDENTIALS = frozenset(
    {
        "SSH_AUTH_SOCK",
        "SSH_AGENT_PID",
        "SSH_ASKPASS",
        "SSH_ASKPASS_REQUIRE",
        "GIT_ASKPASS",
        "GIT_CONFIG_PARAMETERS",
        "AGENTRELAY_GITHUB_TOKEN",
        "GH_TOKEN",
        "GH_ENTERPRISE_TOKEN",
        "GITHUB_TOKEN",
        "GITHUB_ENTERPRISE_TOKEN",
        "GITLAB_TOKEN",
        "GITEA_TOKEN",
    }
)
"""What opens a forge; ``env_from`` and ``env_allow`` do not pass it on."""

_NO_CREDENTIALS = (
    # An empty helper forgets those of all configuration files before it.
    ("credential.helper", ""),
    ("credential.interactive", "false"),
    ("core.askPass", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("core.filesRefLockTimeout", "5000"),
    ("core.packedRefsTimeout", "10000"),
)

_NO_PUSH = (
    # The empty prefix fits every URL and path; a remote helper of that name does not exist.
    ("url.agents-do-not-push::.pushInsteadOf", ""),
    # git rewrites neither a remote's own pushurl nor a URL for which the user's configuration has
    # a longer prefix. Almost no server takes signed pushes, and git gives up where one does not.
    ("push.gpgSign", "true"),
)


def gate_environment(  # noqa: PLR0913 - each is a source of its own
    user_env: Mapping[str, str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    env_from: Iterable[str] = (),
    env_allow: Iterable[str] = (),
    ours: Mapping[str, str],
) -> dict[str, str]:
    """Return the environment of a gate or setup: no credentials, but tests may push locally.

    Later ones win: what is allowed of ``user_env``, ``env_allow`` and ``env_from`` (names taken
    from ``user_env``, skipped where it has none), ``env`` (the graph's own values), then ``ours``.
    """
    made = _allowed(user_env, {*env_from, *env_allow}) | dict(env)
    return _without_keys(made, _NO_CREDENTIALS) | {"PWD": str(cwd)} | dict(ours)


def agent_environment(  # noqa: PLR0913 - as above
    user_env: Mapping[str, str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    env_from: Iterable[str] = (),
    env_allow: Iterable[str] = (),
    ours: Mapping[str, str],
) -> dict[str, str]:
    """Return the environment of an agent: as for a gate, and every ``git push`` fails.

    Fetching works where it needs no credential. An agent that means harm can undo this; it stops
    the well-meant push.
    """
    made = _allowed(user_env, {*env_from, *env_allow}) | dict(env)
    config = (*_NO_CREDENTIALS, *_NO_PUSH)
    return _without_keys(made, config) | {"PWD": str(cwd)} | dict(ours)


def _allowed(user_env: Mapping[str, str], names: set[str]) -> dict[str, str]:
    passed = (ALLOWED | names) - CREDENTIALS
    return {
        name: value
        for name, value in user_env.items()
        if name in passed or name.startswith(ALLOWED_PREFIXES)
    }


def _without_keys(environ: Mapping[str, str], config: Iterable[tuple[str, str]]) -> dict[str, str]:
    made = {name: value for name, value in environ.items() if not _is_config(name)}
    made |= {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "false", "SSH_ASKPASS": "false"}
    return made | _as_variables(config)


def _is_config(name: str) -> bool:
    return name.startswith(("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"))


def _as_variables(config: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Write configuration as git reads it from the environment (git-config(1), ENVIRONMENT)."""
    made: dict[str, str] = {}
    for index, (key, value) in enumerate(config):
        made[f"GIT_CONFIG_KEY_{index}"] = key
        made[f"GIT_CONFIG_VALUE_{index}"] = value
    return {"GIT_CONFIG_COUNT": str(len(made) // 2), **made}
