"""Agent: writes a test that imports every public module of the given packages."""

from __future__ import annotations

import sys
from pathlib import Path

from agentrelay.demo.agents import calls
from agentrelay.demo.agents.sources import modules_of

TEXT = '''\
"""Every public module can be imported by itself."""

from importlib import import_module

import pytest

MODULES = (
{modules}
)


@pytest.mark.parametrize("name", MODULES)
def test_it_can_be_imported(name: str) -> None:
    assert import_module(name).__name__ == name
'''


def main() -> None:
    """Write the test to the file that is named first; the rest names the packages."""
    target, *packages = sys.argv[1:]
    modules = modules_of(packages)
    listed = "\n".join(f'    "{module.name}",' for module in modules)
    Path(target).write_text(TEXT.format(modules=listed), encoding="utf-8")
    calls.done(f"a test imports {len(modules)} modules")


if __name__ == "__main__":
    main()
