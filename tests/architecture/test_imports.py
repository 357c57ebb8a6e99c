"""The dependency rules of .importlinter hold, and each of them still bites."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = ROOT / ".importlinter"
CONTRACT = "importlinter:contract:"


@dataclass(frozen=True)
class Planted:
    """A line added to a module of a copy of the sources, and the contract that it breaks."""

    contract: str
    module: str
    line: str


PLANTED = (
    Planted("layers", "graph/planted.py", "import agentrelay.engine.decide"),
    Planted("layers", "forge/core/planted.py", "import agentrelay.agent.core.adapter"),
    Planted("layers", "workstream/core/planted.py", "import agentrelay.graph.model"),
    Planted("layers", "_shared/planted.py", "import agentrelay.journal"),
    Planted("layers", "undeclared/__init__.py", '"""A package that no layer names."""'),
    Planted(
        "core-below-implementations",
        "workstream/core/planted.py",
        "import agentrelay.workstream.implementations",
    ),
    Planted(
        "workstream-implementations",
        "engine/planted.py",
        "import agentrelay.workstream.implementations",
    ),
    Planted("agent-implementations", "gates/planted.py", "import agentrelay.agent.implementations"),
    Planted(
        "forge-implementations", "workstream/planted.py", "import agentrelay.forge.implementations"
    ),
    Planted(
        "executor-implementations",
        "interfaces/cli/planted.py",
        "import agentrelay.executor.implementations",
    ),
    Planted("core-imports", "task/core/planted.py", "import asyncio"),
    Planted("core-imports", "forge/core/planted.py", "import agentrelay.gitio.command"),
    Planted("one-door-for-processes", "gitio/planted.py", "import subprocess"),
    Planted("one-door-for-processes", "engine/planted.py", "import multiprocessing.pool"),
    Planted("one-client-of-the-protocol", "agent/implementations/planted.py", "import acp.schema"),
    Planted("one-server-of-tools", "interfaces/cli/planted.py", "import mcp.types"),
    Planted("one-server-of-tools", "app/planted.py", "import uvicorn"),
    Planted("one-client-of-forges", "app/planted.py", "import httpx2"),
    Planted("interfaces", "interfaces/views/planted.py", "import agentrelay.interfaces.cli"),
    Planted("interfaces", "interfaces/mcp/planted.py", "import agentrelay.interfaces.cli"),
    Planted("interfaces", "interfaces/undeclared/__init__.py", '"""An unnamed front end."""'),
    Planted("no-cycles", "gates/planted.py", "import agentrelay.workstream.core.planting"),
    Planted(
        "no-facade-inside", "engine/planted.py", "from agentrelay.workstream import WorkstreamSpec"
    ),
    Planted(
        "no-facade-inside", "workstream/implementations/planted.py", "import agentrelay.workstream"
    ),
    Planted("pure-decisions", "engine/decide.py", "import time"),
)
"""At least one for each contract, each of a kind that the others would not notice."""

BACKWARDS = ("workstream/core/planting.py", "import agentrelay.gates.planted")
"""The other half of the planted cycle: allowed by itself, as is the import that it answers."""


def lint(sources: Path, work: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            *("--no-logo", "--no-cache", "--config", RULES),
        ],
        cwd=work,
        env={**os.environ, "PYTHONPATH": str(sources), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def contract_names() -> dict[str, str]:
    rules = configparser.ConfigParser()
    rules.read(RULES)
    return {
        section.removeprefix(CONTRACT): rules[section]["name"]
        for section in rules.sections()
        if section.startswith(CONTRACT)
    }


def plant(sources: Path, module: str, line: str) -> None:
    target = sources / "agentrelay" / module
    target.parent.mkdir(exist_ok=True)
    with target.open("a") as file:
        file.write(f"\n{line}\n")


def test_the_sources_keep_every_contract(tmp_path: Path) -> None:
    done = lint(ROOT / "src", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(contract_names())} kept, 0 broken" in done.stdout


def test_every_contract_has_a_planted_violation() -> None:
    assert {planted.contract for planted in PLANTED} == set(contract_names())


@pytest.mark.parametrize("planted", PLANTED, ids=lambda p: f"{p.contract}-{p.module}")
def test_a_planted_violation_breaks_its_contract(planted: Planted, tmp_path: Path) -> None:
    sources = tmp_path / "src"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "agentrelay", sources / "agentrelay", ignore=ignored)
    if planted.contract == "no-cycles":
        plant(sources, *BACKWARDS)
    plant(sources, planted.module, planted.line)
    done = lint(sources, tmp_path)
    broken = set(re.findall(r"^(.+) BROKEN", done.stdout, re.MULTILINE))
    assert done.returncode == 1, done.stdout + done.stderr
    assert contract_names()[planted.contract] in broken, done.stdout + done.stderr
