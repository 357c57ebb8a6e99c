"""The coding agents that this version can drive, as they are on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentrelay._shared import process
from agentrelay.agent.core.adapter import About
from agentrelay.agent.implementations import ADAPTERS, require_adapter
from agentrelay.agent.implementations.programs import (
    find_distribution,
    find_program,
    login_of,
    missing,
    require_distribution,
)
from agentrelay.app.tool_server import require_mcp
from agentrelay.graph.model import TaskGraph

_OUR_CLIENT = "python -m agentrelay.agent.acp"

PATIENCE = 20.0
"""Seconds in which a program tells its version; some take four on an idle machine."""


@dataclass(frozen=True)
class FoundAgent:
    """An agent: where its program is and which version, None where it was not found or said.

    ``login`` names the variable or file that seems to hold the user's login, None where none
    does. ``can`` are the abilities that not every agent has.
    """

    name: str
    program: str | None
    version: str | None
    login: str | None
    package: str
    can: tuple[str, ...]


def found_agents(environ: Mapping[str, str]) -> list[FoundAgent]:
    """Return all agents but ``command``; their programs are asked for their versions."""
    abouts = [require_adapter(name).about for name in sorted(ADAPTERS)]
    return [_found(about, environ) for about in abouts if about.package]


def installed_agents(environ: Mapping[str, str]) -> list[str]:
    """Return the names of the agents whose programs are on the PATH; none is started."""
    path = environ.get("PATH")
    abouts = {name: require_adapter(name).about for name in sorted(ADAPTERS)}
    return [name for name, it in abouts.items() if it.program and find_program(it, path)]


def require_programs(graph: TaskGraph, environ: Mapping[str, str]) -> None:
    """Raise AgentError, which names the package, where an agent of ``graph`` is not installed."""
    for name in dict.fromkeys(task.agent for task in graph.tasks):
        agent = graph.agents[name]
        about = require_adapter(agent.adapter).about
        require_distribution(f"the agent {about.name}", about.distribution, about.package)
        if agent.mcp:
            require_mcp(f"the agent {name}, with `mcp: true`,")
        path = agent.env.get("PATH", environ.get("PATH"))
        if about.program and not agent.run and find_program(about, path) is None:
            raise missing(about)


def _found(about: About, environ: Mapping[str, str]) -> FoundAgent:
    if about.distribution:
        version = find_distribution(about.distribution)
        program = _OUR_CLIENT if version is not None else None
    else:
        program = find_program(about, environ.get("PATH"))
        version = _version(program, environ) if program is not None else None
    return FoundAgent(
        name=about.name,
        program=program,
        version=version,
        login=login_of(about.account, environ) if about.account is not None else None,
        package=about.package,
        can=tuple(_abilities(about)),
    )


def _abilities(about: About) -> list[str]:
    known = {
        "resume": about.resumes,
        "report cost": about.reports_cost,
        "limit cost": about.limits_cost,
        "mcp": about.takes_mcp,
    }
    return [ability for ability, has in known.items() if has]


def _version(program: str, environ: Mapping[str, str]) -> str | None:
    env = {name: environ[name] for name in ("PATH", "HOME") if name in environ}
    try:
        done = process.run([program, "--version"], cwd=Path("/"), env=env, timeout=PATIENCE)
    except (OSError, process.ProcessTimeoutError):
        return None
    lines = done.stdout.decode("utf-8", "replace").split("\n")
    return lines[0].strip() or None if done.returncode == 0 else None
