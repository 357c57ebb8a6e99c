"""The real coding agents that tests drive, where tools/agents.py has installed them."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "agents.py"

USERS = {name: os.environ[name] for name in ("HOME", "XDG_CACHE_HOME") if name in os.environ}
"""Where the user's cache is: read before any test pins the environment."""


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("agents_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks for its module there.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


TOOLS = _loaded()
PINS = {pin.program: pin for pin in TOOLS.pins(TOOLS.cache(USERS))}


def require_programs(*names: str) -> str:
    """Return a PATH on which these programs are; skip the test where one is not installed."""
    missing = [name for name in names if not PINS[name].is_installed]
    if missing:
        pytest.skip(f"NOT DRIVEN: {', '.join(missing)} is not installed: make agents")
    return os.pathsep.join(str(PINS[name].bin) for name in names)
