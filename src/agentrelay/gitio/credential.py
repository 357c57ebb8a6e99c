"""Asking git's credential helpers for a key that the user has stored for a host."""

from __future__ import annotations

from agentrelay.errors import GitError
from agentrelay.gitio.command import Git

TIMEOUT = 30.0


def stored_password(git: Git, host: str) -> str | None:
    """Return the password or token that git's helpers have for ``host``, None without one.

    Nobody is asked, neither at the terminal nor in a window.
    """
    query = f"protocol=https\nhost={host}\n\n".encode()
    silent = {"GIT_ASKPASS": "false", "SSH_ASKPASS": "false", "GCM_INTERACTIVE": "never"}
    try:
        output = git.run(
            *("-c", "credential.interactive=false", "-c", "core.askPass=false"),
            *("credential", "fill"),
            stdin=query,
            env=silent,
            ok=(0, 1, 128),
            timeout=TIMEOUT,
        )
    except GitError:
        return None
    pairs = (line.partition("=") for line in output.text.splitlines())
    return next((value for key, _, value in pairs if key == "password" and value), None)
