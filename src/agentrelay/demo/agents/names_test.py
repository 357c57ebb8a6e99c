"""Agent: writes a test that pins what the given packages offer, so that growth gets reviewed."""

from __future__ import annotations

import sys
from pathlib import Path

from agentrelay.demo.agents import calls
from agentrelay.demo.agents.sources import modules_of

TEXT = '''\
"""What the modules offer is what this list says: a change of either is a reviewed line."""

from importlib import import_module

import pytest

OFFERED = {{
{offered}
}}


@pytest.mark.parametrize("name", OFFERED)
def test_nothing_is_missing(name: str) -> None:
    module = import_module(name)
    assert [word for word in OFFERED[name].split() if not hasattr(module, word)] == []
'''


def main() -> None:
    """Write the test to the file that is named first; the rest names the packages."""
    target, *packages = sys.argv[1:]
    offered = {
        module.name: " ".join(dict.fromkeys(node.name for node in module.offered()))
        for module in modules_of(packages)
    }
    lines = "\n".join(f'    "{name}": "{words}",' for name, words in offered.items() if words)
    Path(target).write_text(TEXT.format(offered=lines), encoding="utf-8")
    calls.done(f"a test pins the names of {len(offered)} modules")


if __name__ == "__main__":
    main()
