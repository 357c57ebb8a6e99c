"""Agent: writes the table of contents of the reference pages."""

from __future__ import annotations

import sys
from pathlib import Path

from agentrelay.demo.agents import calls
from agentrelay.demo.agents.sources import PAGES, modules_of


def main() -> None:
    """Write the index of the pages of the given packages."""
    modules = modules_of(sys.argv[1:])
    rows = [f"| [{source.name}]({source.page}.md) | {source.summary} |" for source in modules]
    lines = ["# Modules", "", "| module | what it is |", "|---|---|", *rows]
    (Path(PAGES) / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    calls.done(f"the index lists {len(modules)} modules")


if __name__ == "__main__":
    main()
