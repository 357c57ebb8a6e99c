"""The commands that undo and redo: what each changes, what it keeps, how it is undone in its turn.

The one table of them. The help shows it, and those that take something away say it first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import click


class Effects(NamedTuple):
    """What a command changes, what it keeps, and what undoes it: each a part of a sentence."""

    changes: str
    keeps: str
    undo: str


EFFECTS: Mapping[str, Effects] = MappingProxyType(
    {
        "retry": Effects(
            "a task or lane that failed or waits gets another try",
            "commits, earlier attempts and their output",
            "agentrelay cancel NAME ends the try",
        ),
        "reset": Effects(
            "a task or lane goes back to before it, with what was merged after it or depends on it",
            "all commits and files, pinned below refs/agentrelay/keep/",
            "agentrelay recover NAME --list names what can be given back, as a branch",
        ),
        "revert": Effects(
            "a commit on the target takes back what a lane landed there",
            "all history, the lane's commits and its status merged; no branch is moved back",
            "git revert COMMIT, the one that it made; or agentrelay run GRAPH --accept-changes has "
            "the lane done again",
        ),
        "cancel": Effects(
            "what is left of a task, lane or graph ends: agents that run for it, and a lane that "
            "waits to land",
            "commits, worktrees and what the agents left",
            "agentrelay retry NAME",
        ),
        "clean": Effects(
            "worktrees and branches of lanes that landed or failed go",
            "commits and files, pinned; ignored ones only up to 20 MB",
            "agentrelay recover NAME --list names what can be given back, as a branch; agentrelay "
            "retry LANE goes on in a lane that had failed",
        ),
        "run --fresh": Effects(
            "a new run does all tasks again; branches of the earlier one go",
            "what landed, and the earlier run: its work pinned, its files as they are",
            "agentrelay recover NAME --list names what can be given back, as a branch",
        ),
        "run --only": Effects(
            "nothing but the named tasks is begun",
            "everything",
            "agentrelay run GRAPH goes on with all",
        ),
        "recover": Effects(
            "kept work is given back as a new branch or worktree",
            "everything",
            "git branch -D BRANCH",
        ),
        "gc": Effects(
            "pins go for good, by age, graph or run",
            "what the latest run, or one that stays, was seen at",
            "not by agentrelay: git still has the objects until it collects garbage",
        ),
    }
)


def effects_lines(name: str) -> Iterator[str]:
    """Give the lines that say what a command does, what it keeps, and how it is undone."""
    for word, text in EFFECTS[name]._asdict().items():
        yield f"{word:7}  {text}"


def say_effects(name: str) -> None:
    """Say on stderr, before a command takes something away, what it changes and keeps."""
    for line in effects_lines(name):
        click.echo(line, err=True)


def write_effects(names: Sequence[str], formatter: click.HelpFormatter) -> None:
    """Write the rows of some commands into a help, or all where none is named."""
    with formatter.section("Undo and redo"):
        rows = [(name, EFFECTS[name]) for name in names or EFFECTS]
        formatter.write_dl(
            [(name, f"{e.changes}. Keeps {e.keeps}. Undo: {e.undo}.") for name, e in rows]
        )
        if names:
            formatter.write_text("All commands that undo and redo: agentrelay help undo")
