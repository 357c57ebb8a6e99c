"""Importing the light parts loads none of the heavy ones, seen from a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"asyncio", "click", "httpx2", "pydantic", "rich", "socket", "subprocess", "yaml"}


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded once it has run the statement."""
    program = f"{statement}\nimport sys\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_package_alone_costs_nothing() -> None:
    assert loaded_by("import agentrelay") - loaded_by("") == {"agentrelay"}


@pytest.mark.parametrize(
    "module",
    [
        "agentrelay.workstream.core.workstream",
        "agentrelay.workstream",
        "agentrelay.graph.model",
        "agentrelay.executor.core.executor",
        "agentrelay._shared.process",
        "agentrelay._shared.locks",
        "agentrelay._shared.atomic",
    ],
)
def test_a_light_module_loads_no_heavy_one(module: str) -> None:
    loaded = loaded_by(f"import {module}") - loaded_by("")
    assert module in loaded
    assert loaded & HEAVY == set()
    assert [name for name in loaded if ".implementations" in name] == []


def test_the_command_line_starts_without_parsers_and_painters() -> None:
    loaded = loaded_by("import agentrelay.interfaces.cli.main")
    assert loaded & {"asyncio", "httpx2", "pydantic", "rich", "yaml"} == set()


@pytest.mark.parametrize("verb", ["status", "list", "show", "logs", "events"])
def test_a_command_that_only_looks_loads_no_parser_and_no_settings(verb: str) -> None:
    loaded = loaded_by(f"import agentrelay.interfaces.cli.commands.{verb}")
    assert loaded & {"asyncio", "hashlib", "httpx2", "pydantic", "rich", "yaml"} == set()
    assert [name for name in loaded if name.startswith("agentrelay.config.")] == []


def test_what_speaks_to_a_forge_is_loaded_only_where_one_is_chosen() -> None:
    loaded = loaded_by("import agentrelay.app.wiring, agentrelay.interfaces.cli.commands.run")
    implementations = "agentrelay.forge.implementations."
    speaks = (f"{implementations}github", f"{implementations}http")
    assert [name for name in loaded if name.startswith(speaks)] == []
