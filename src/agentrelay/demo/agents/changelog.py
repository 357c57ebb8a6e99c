"""Agent: writes into CHANGELOG.md what the tasks before it did, and leaves the version open."""

from __future__ import annotations

import os
import re
from pathlib import Path

from agentrelay.demo.agents import calls
from agentrelay.gitio.command import Git

CHANGELOG = Path("CHANGELOG.md")
UNRELEASED = re.compile(r"^## \[?unreleased\]?[^\n]*", re.IGNORECASE | re.MULTILINE)


def with_section(text: str, lines: list[str]) -> str:
    """Return a changelog with ``lines`` in its section of what is unreleased, made if missing."""
    listed = "\n".join(f"- {line}" for line in lines)
    if found := UNRELEASED.search(text):
        return f"{text[: found.end()]}\n\n{listed}{text[found.end() :]}"
    head, mark, rest = text.partition("\n## ")
    section = f"{head.rstrip() or '# Changelog'}\n\n## Unreleased\n\n{listed}\n"
    return f"{section}{mark}{rest}"


def main() -> None:
    """Add the section, and ask for a version."""
    run = f"{os.environ['AGENTRELAY_GRAPH']}/{os.environ['AGENTRELAY_RUN']}"
    ours = f"--grep=^Agentrelay-Run: {run}$"
    log = Git(Path.cwd()).text("log", "--no-merges", "--reverse", "--format=%s", ours)
    text = CHANGELOG.read_text(encoding="utf-8") if CHANGELOG.exists() else ""
    lines = list(dict.fromkeys(log.splitlines()))
    CHANGELOG.write_text(with_section(text, lines), encoding="utf-8")
    calls.concern("CHANGELOG.md says Unreleased: a person has to name the version")
    calls.done(f"{len(lines)} lines in CHANGELOG.md")


if __name__ == "__main__":
    main()
