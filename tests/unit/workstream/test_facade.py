"""The public surface of the package: exactly these names, imported when used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import agentrelay.workstream as package

PUBLIC = [
    "ForgeWorkstreamIntegrator",
    "GhWorkstreamIntegrator",
    "GitWorkstreamPreparer",
    "GitWorkstreamTeardown",
    "StandardWorkstreamRunner",
    "TaskSummary",
    "WorkstreamArtifacts",
    "WorkstreamIntegrator",
    "WorkstreamPreparer",
    "WorkstreamRunResult",
    "WorkstreamRunner",
    "WorkstreamRuntime",
    "WorkstreamSpec",
    "WorkstreamState",
    "WorkstreamStatus",
    "WorkstreamTeardown",
]


def test_the_public_names_are_these() -> None:
    assert package.__all__ == PUBLIC
    assert dir(package) == PUBLIC
    for name in PUBLIC:
        assert getattr(package, name).__name__ == name
    with pytest.raises(AttributeError, match="Nothing"):
        _ = package.Nothing


@pytest.mark.parametrize("module", ["agentrelay.workstream", "agentrelay.workstream.core.runner"])
def test_specs_load_no_implementation_and_nothing_that_runs_git(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    heavy = ("agentrelay.gitio", "agentrelay.workstream.implementations", "subprocess", "asyncio")
    assert [name for name in loaded if name.startswith(heavy)] == []
