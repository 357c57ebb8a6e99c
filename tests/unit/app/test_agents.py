"""What is said of the coding agents of a machine, and of one that a graph wants and nobody has."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from agentrelay.agent.implementations.programs import require_distribution
from agentrelay.app import tool_server
from agentrelay.app.agents import FoundAgent, found_agents, require_programs
from agentrelay.config.load import parse_graph
from agentrelay.errors import AgentError

GRAPH = """\
schema_version: 1
name: g
agents: {{w: {{adapter: codex{MORE}}}}}
tasks: [{{id: a, description: d, agent: w}}]
"""


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine on which only claude is installed."""
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho '1.2.3 (Claude Code)'; echo more\n")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:/bin", "HOME": str(tmp_path)}


def found(environ: dict[str, str], *names: str) -> list[FoundAgent]:
    """Return what is found of the agents of these names."""
    agents = {agent.name: agent for agent in found_agents(environ)}
    return [agents[name] for name in names]


def test_what_is_installed_is_found_with_its_version(machine: dict[str, str]) -> None:
    claude, codex, acp = found(machine, "claude", "codex", "acp")
    assert (claude.name, claude.version, claude.login) == ("claude", "1.2.3 (Claude Code)", None)
    assert (codex.name, codex.program, codex.version) == ("codex", None, None)
    assert "@openai/codex" in codex.package
    assert (acp.version, acp.login) == (version("agent-client-protocol"), None)


def test_a_program_that_fails_has_no_version(machine: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bin" / "claude").write_text("#!/bin/sh\necho broken\nexit 1\n")
    assert found(machine, "claude")[0].version is None


def test_a_login_is_seen_in_a_variable_or_a_file_and_never_shown(
    machine: dict[str, str], tmp_path: Path
) -> None:
    login = tmp_path / "elsewhere" / ".credentials.json"
    login.parent.mkdir()
    login.write_text("secret")
    environ = {**machine, "OPENAI_API_KEY": "secret", "CLAUDE_CONFIG_DIR": str(login.parent)}
    claude, codex = found(environ, "claude", "codex")
    assert (claude.login, codex.login) == (str(login), "$OPENAI_API_KEY")
    assert "secret" not in repr([claude, codex])


def test_a_graph_whose_agent_is_not_installed_is_told_which_package(
    machine: dict[str, str],
) -> None:
    with pytest.raises(AgentError) as caught:
        require_programs(parse_graph(GRAPH.format(MORE=""), "g").graph, machine)
    assert "@openai/codex" in caught.value.hint


def test_a_graph_that_needs_an_extra_is_told_which_package() -> None:
    with pytest.raises(AgentError) as caught:
        require_distribution("agent x", "agentrelay-has-no-such-package", "the extra x")
    assert "needs the Python package agentrelay-has-no-such-package" in caught.value.message
    assert "the extra x" in caught.value.hint


def test_a_graph_that_wants_an_mcp_server_needs_its_package(
    machine: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = parse_graph(GRAPH.format(MORE=", run: [/opt/codex], mcp: true"), "g").graph
    require_programs(graph, machine)
    monkeypatch.setattr(tool_server, "DISTRIBUTION", "agentrelay-has-no-such-package")
    with pytest.raises(AgentError) as caught:
        require_programs(graph, machine)
    assert caught.value.message.startswith("the agent w, with `mcp: true`, needs the Python")
    assert "the extra agentrelay[mcp]" in caught.value.hint


def test_a_program_that_the_graph_names_need_not_be_on_the_path(machine: dict[str, str]) -> None:
    graph = parse_graph(GRAPH.format(MORE=", run: [/opt/codex]"), "g").graph
    require_programs(graph, machine)
