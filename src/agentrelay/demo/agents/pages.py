"""Agent: writes the reference pages of the given packages.

A first turn drafts the page of each top package. When the gate sends that back, the next turn
reads there which pages are missing, and writes those.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from agentrelay.demo.agents import calls
from agentrelay.demo.agents.pages_test import MISSING
from agentrelay.demo.agents.sources import (
    PAGES,
    Definition,
    Source,
    first_paragraph,
    pages_of,
)


def page_text(sources: Iterable[Source]) -> str:
    """Return a reference page about the modules, as Markdown."""
    return "\n".join(_section(source) for source in sources)


def named_in(feedback: str) -> set[str]:
    """Return the pages that a gate's output names as missing."""
    lines = re.findall(rf"{re.escape(MISSING)}(.*)", feedback)
    return {name for line in lines for name in line.split()}


def pages_to_write(pages: Iterable[str], feedback: str) -> list[str]:
    """Return the pages that a turn writes, by what was sent back to it."""
    missing = named_in(feedback)
    return [page for page in pages if page in missing or (not feedback and "." not in page)]


def _section(source: Source) -> str:
    parts = [f"# {source.name}", source.summary, *map(_entry, source.offered())]
    return "\n\n".join(part for part in parts if part) + "\n"


def _entry(node: Definition) -> str:
    if isinstance(node, ast.ClassDef):
        return f"## class `{node.name}`\n\n{first_paragraph(node)}".rstrip()
    return f"## `{node.name}({ast.unparse(node.args)})`\n\n{first_paragraph(node)}".rstrip()


def main() -> None:
    """Write the pages and say how many."""
    feedback = calls.feedback()
    if feedback:
        calls.log(f"sent back: {len(named_in(feedback))} pages are missing")
    pages = pages_of(sys.argv[1:])
    chosen = pages_to_write(pages, feedback)
    Path(PAGES).mkdir(parents=True, exist_ok=True)
    for page in chosen:
        (Path(PAGES) / f"{page}.md").write_text(page_text(pages[page]), encoding="utf-8")
    calls.done(f"{len(chosen)} pages written")


if __name__ == "__main__":
    main()
