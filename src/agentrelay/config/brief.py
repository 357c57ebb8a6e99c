"""What somebody is told who is to write a graph: the goal, the format, and how it is checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentrelay._shared.text import printable
from agentrelay.config.guess import GuessedGate
from agentrelay.config.starter import starter_graph
from agentrelay.config.tables import RULES, format_tables

MOST_FILES = 400
"""Files of the repository that are listed: enough to see how it is laid out."""


@dataclass(frozen=True)
class Brief:
    """What a graph is to be written for: ``path`` is its file, ``check`` the command that judges.

    ``agents`` are those that can be named here, ``agent`` is who does a task that names none.
    """

    goal: str
    path: str
    check: str
    branch: str
    agent: str
    agents: Sequence[str]
    gates: Sequence[GuessedGate]
    files: Sequence[str]


def brief_text(brief: Brief) -> str:
    """Return the brief as Markdown; the format in it is that of this very version."""
    who = f"A task that names no agent is done by {brief.agent}." if brief.agent else ""
    known = f"Agents that can be named here: {', '.join(brief.agents)}." if brief.agents else ""
    example = starter_graph("shop", brief.gates, brief.branch)
    return f"""\
Write a graph of tasks for coding agents that reaches the goal below, in the file {brief.path}.
Do not do the work itself, and change no other file: only what you write in {brief.path} is kept.

## The goal

{brief.goal.strip()}

## How a good graph is cut

Look at the code first. Each task is what one agent does in one session: it names the files that it
is about and says how one sees that it is done, for somebody who has seen nothing but the task.
Give each task a gate, a command that fails before and passes after it, wherever there is one. Work
that touches the same files belongs in one workstream, whose tasks are done one after another; what
is independent, in workstreams of their own, which run side by side. Name a dependency only where a
task needs what another one makes. Few large tasks are better than many small ones.

{" ".join(part for part in (who, known) if part)}

When the file is written, run this, and mend what it says until it says nothing:

    {brief.check}

## The format

{RULES}
{format_tables()}
## An example, with gates as this repository seems to have them

```yaml
{example}```

## The files of this repository

{_listed(brief.files)}
"""


def _listed(files: Sequence[str]) -> str:
    lines = [f"    {printable(name)}" for name in files[:MOST_FILES]]
    more = len(files) - len(lines)
    return "\n".join([*lines, f"    and {more} more"] if more else lines)
