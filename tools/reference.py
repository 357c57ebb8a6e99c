"""Write the generated pages of docs/reference from the code; with --check, say which are stale."""

from __future__ import annotations

import sys
from pathlib import Path

from agentrelay.config.tables import RULES, format_tables

DOCS = Path(__file__).resolve().parent.parent / "docs" / "reference"

GRAPH_HEAD = f"""\
# The graph file

Generated from the JSON Schema that `agentrelay schema` prints. A graph is YAML, or a [plan in Markdown](../how-to/plans.md).
{RULES}"""


def pages() -> dict[str, str]:
    """Return the generated pages by file name."""
    return {"graph.md": GRAPH_HEAD + format_tables()}


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check compare them; the exit code says whether all are current."""
    stale: list[str] = []
    for name, content in pages().items():
        path = DOCS / name
        if not path.is_file() or path.read_text() != content:
            stale.append(name)
            if "--check" not in arguments:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
    if stale and "--check" in arguments:
        print(f"stale: {', '.join(stale)}; run: make docs")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
