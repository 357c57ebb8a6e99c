"""The environment and configuration under which our own git commands run.

Callers may themselves run inside a git hook or another worktree, so every ``GIT_*`` variable is
dropped but for the few that say how to reach the network or who the person is.
"""

from __future__ import annotations

from collections.abc import Mapping

KEPT = frozenset(
    {
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSH_VARIANT",
        "GIT_SSL_CAINFO",
        "GIT_SSL_NO_VERIFY",
        "GIT_ASKPASS",
        "GIT_EXEC_PATH",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_ALLOW_PROTOCOL",
        "GIT_CEILING_DIRECTORIES",
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
    }
)

CONFIG: tuple[tuple[str, str], ...] = (
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.packedRefsTimeout", "10000"),
    ("core.filesRefLockTimeout", "5000"),
    ("core.fsync", "committed,reference"),
    ("advice.detachedHead", "false"),
    ("i18n.commitEncoding", "UTF-8"),
)


def git_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a git command of ours, made from the caller's ``environ``."""
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith("GIT_") or name in KEPT
    }
    kept |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    kept["GIT_CONFIG_COUNT"] = str(len(CONFIG))
    for index, (key, value) in enumerate(CONFIG):
        kept[f"GIT_CONFIG_KEY_{index}"] = key
        kept[f"GIT_CONFIG_VALUE_{index}"] = value
    return kept
