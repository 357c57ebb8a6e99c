"""Find the program of an agent, and give it variables that nobody has set otherwise."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from agentrelay.agent.core.adapter import About, Account, TurnRequest
from agentrelay.errors import AgentError


def find_program(about: About, path: str | None) -> str | None:
    """Return the absolute path of an agent's program on ``path``, or None."""
    found = shutil.which(about.program, path=path)
    return os.path.abspath(found) if found else None


def require_program(about: About, request: TurnRequest) -> tuple[str, ...]:
    """Return how the program is called: the graph's ``run``, else what is found on PATH.

    AgentError, which names the package, where it is not there.
    """
    if isinstance(request.run, str):
        message = f"the {about.name} agent of task {request.task} has a shell line as its `run`"
        raise AgentError(message, hint="give a list: the program and its first arguments")
    if request.run:
        return request.run
    found = find_program(about, request.env.get("PATH"))
    if found is None:
        raise missing(about)
    return (found,)


def find_distribution(distribution: str) -> str | None:
    """Return the version of an installed Python package, or None."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def require_distribution(who: str, distribution: str, package: str) -> None:
    """Raise AgentError where the Python package that ``who`` needs is not installed."""
    if distribution and find_distribution(distribution) is None:
        message = f"{who} needs the Python package {distribution}"
        raise AgentError(message, hint=f"install {package}, where agentrelay is installed")


def missing(about: About) -> AgentError:
    """Return the error of a program that is not installed."""
    hint = f"install {about.package}, or name the program: agents: {{NAME: {{adapter: {about.name}"
    message = f"the program {about.program} of the agent {about.name} is not on PATH"
    return AgentError(message, hint=f"{hint}, run: [/path/to/{about.program}]}}}}")


def unset(defaults: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    """Return the ``defaults`` for variables that ``env`` does not have."""
    return {name: value for name, value in defaults.items() if name not in env}


def turn_environment(
    quiet: Mapping[str, str], account: Account, request: TurnRequest
) -> dict[str, str]:
    """Return what a turn's program is told: ``quiet``, where nobody says otherwise, and its home.

    The latter only where the graph gives it a configuration folder of its own.
    """
    env = unset(quiet, request.env)
    if request.home is not None:
        env[account.home] = str(request.home)
    return env


def home_of(account: Account, env: Mapping[str, str]) -> Path:
    """Return the folder in which a program keeps its configuration, login and sessions."""
    return Path(env.get(account.home) or Path(env.get("HOME", "/")) / account.folder)


def login_of(account: Account, env: Mapping[str, str]) -> str | None:
    """Return what seems to hold the user's login, a variable or a file; None where nothing does.

    Whether it is still a valid one only the program can find out.
    """
    for key in account.keys:
        if env.get(key):
            return f"${key}"
    login = home_of(account, env) / account.login
    return str(login) if login.is_file() else None
