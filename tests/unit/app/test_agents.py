"""What is said of the coding agents of a machine, and of one that a graph wants and nobody has."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentrelay.app.agents import found_agents, require_programs
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


def test_what_is_installed_is_found_with_its_version(machine: dict[str, str]) -> None:
    claude, codex = found_agents(machine)
    assert (claude.name, claude.version, claude.login) == ("claude", "1.2.3 (Claude Code)", None)
    assert (codex.name, codex.program, codex.version) == ("codex", None, None)
    assert "@openai/codex" in codex.package


def test_a_program_that_fails_has_no_version(machine: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bin" / "claude").write_text("#!/bin/sh\necho broken\nexit 1\n")
    assert found_agents(machine)[0].version is None


def test_a_login_is_seen_in_a_variable_or_a_file_and_never_shown(
    machine: dict[str, str], tmp_path: Path
) -> None:
    login = tmp_path / "elsewhere" / ".credentials.json"
    login.parent.mkdir()
    login.write_text("secret")
    claude, codex = found_agents(
        {**machine, "OPENAI_API_KEY": "secret", "CLAUDE_CONFIG_DIR": str(login.parent)}
    )
    assert (claude.login, codex.login) == (str(login), "$OPENAI_API_KEY")
    assert "secret" not in repr([claude, codex])


def test_a_graph_whose_agent_is_not_installed_is_told_which_package(
    machine: dict[str, str],
) -> None:
    with pytest.raises(AgentError) as caught:
        require_programs(parse_graph(GRAPH.format(MORE=""), "g").graph, machine)
    assert "@openai/codex" in caught.value.hint


def test_a_program_that_the_graph_names_need_not_be_on_the_path(machine: dict[str, str]) -> None:
    graph = parse_graph(GRAPH.format(MORE=", run: [/opt/codex]"), "g").graph
    require_programs(graph, machine)
