"""What an agent is told: the instructions of an attempt, its manifest, the feedback of a turn.

Pure text. Everything that came from an agent or a gate is quoted, never mixed with our words.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from agentrelay.task.core.task import TaskSpec

MANIFEST_VERSION = 1

MAX_QUOTED = 20_000
"""Characters of a log or report that feedback quotes; the end matters most."""


@dataclass(frozen=True)
class Input:
    """An output of an earlier task that this one is shown: where the copies lie."""

    task: str
    category: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Earlier:
    """What is known of a task on which this one depends."""

    task: str
    summary: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Briefing:
    """All that an attempt's instructions are made of; ``bin`` is the command for its calls."""

    spec: TaskSpec
    graph: str
    run: int
    attempt: int
    branch: str
    start: str
    bin: str
    earlier: Sequence[Earlier] = ()
    inputs: Sequence[Input] = ()
    before: str = ""
    gates: Sequence[str] = field(default_factory=list[str])


class Manifest(TypedDict):
    """The manifest file of an attempt; ``token_digest`` proves the agent's calls."""

    version: int
    graph: str
    run: int
    workstream: str
    task: str
    attempt: int
    role: str
    branch: str
    start: str
    token_digest: str
    description: str
    paths: dict[str, list[str]]
    inputs: list[dict[str, object]]


def manifest(briefing: Briefing, token_digest: str) -> Manifest:
    """Return the manifest of an attempt."""
    spec = briefing.spec
    return Manifest(
        version=MANIFEST_VERSION,
        graph=briefing.graph,
        run=briefing.run,
        workstream=spec.workstream_id,
        task=spec.id,
        attempt=briefing.attempt,
        role=spec.role,
        branch=briefing.branch,
        start=briefing.start,
        token_digest=token_digest,
        description=spec.description,
        paths={kind: list(paths) for kind, paths in spec.paths.items()},
        inputs=[
            {"task": item.task, "category": item.category, "files": list(item.files)}
            for item in briefing.inputs
        ],
    )


def instructions(briefing: Briefing) -> str:
    """Return the instructions of an attempt, as Markdown."""
    spec = briefing.spec
    parts = [f"# Task {spec.id}", spec.description.strip()]
    if spec.paths:
        listed = [f"- {kind}: {', '.join(paths)}" for kind, paths in spec.paths.items()]
        parts.append("## What it is about\n\n" + "\n".join(listed))
    if briefing.earlier:
        parts.append("## Done before\n\n" + "\n".join(_earlier(task) for task in briefing.earlier))
    if briefing.inputs:
        listed = [f"- {i.category} of {i.task}: {', '.join(i.files)}" for i in briefing.inputs]
        parts.append("## Inputs\n\n" + "\n".join(listed))
    if briefing.gates:
        listed = [f"- {gate}" for gate in briefing.gates]
        parts.append("## What will be run on the result\n\n" + "\n".join(listed))
    if briefing.before:
        parts.append("## What went before\n\n" + quoted(briefing.before))
    parts.append(_RULES.replace("BIN", shlex.quote(briefing.bin)))
    return "\n\n".join(parts) + "\n"


def feedback(kind: str, text: str, log_tail: str = "") -> str:
    """Return the feedback with which a further turn begins, as Markdown."""
    heading = _HEADINGS.get(kind, "What to do now")
    parts = [f"# {heading}", quoted(text)]
    if log_tail:
        parts.append("Its output ended with:\n\n" + quoted(log_tail))
    parts.append(_TO_DO.get(kind, _MEND))
    return "\n\n".join(parts) + "\n"


def continued(whole: str, said: str, told: str) -> str:
    """Return what a fresh session is told where an earlier one can't be gone on with.

    ``whole`` are the instructions, ``said`` what the earlier session said of its work, ``told``
    the feedback on it.
    """
    earlier = "# What an earlier session did\n\nIts work is committed in this branch."
    if said:
        earlier += " It said:\n\n" + quoted(said)
    return "\n\n".join([whole.rstrip("\n"), earlier, told])


def pointed(paths: Sequence[str]) -> str:
    """Return what an agent is told where the rest is too long to be said: which files to read."""
    return f"Read {' and then '.join(paths)}, all of it, and do what it says.\n"


def quoted(text: str) -> str:
    """Return foreign text as an indented block, its end where it is too long."""
    tail = text[-MAX_QUOTED:]
    cut = "[...]\n" if len(tail) < len(text) else ""
    return "\n".join(f"    {line}" for line in f"{cut}{tail}".splitlines())


def _earlier(task: Earlier) -> str:
    lines = [f"- {task.task}: {task.summary or 'done'}"]
    lines += [f"  - note: {note}" for note in task.notes]
    return "\n".join(lines)


_HEADINGS = {
    "gate": "A gate is red",
    "conflict": "A merge has conflicts",
    "attempt": "The attempt before failed",
    "person": "A person sent this back",
    "account": "You were cut short",
}

_MEND = "Mend that, in the same worktree and on the same branch. Earlier work is there."
_TO_DO = {"account": "That is over. Go on with the task; all that you had written is still there."}

_RULES = """\
## How to end

Work in the current folder only, on the branch that is checked out. Commit, or leave the changes
as they are: they are committed for you. Do not push. Say it with one of these commands, as plain
words in quotes: permission systems refuse backquotes and dollar signs.

When it is done:            BIN task done --summary "one line"
When nothing needs change:  BIN task done --empty --summary "why"
When it can't be done:      BIN task fail --reason "why"
What a person should see:   BIN task concern "text"
What later tasks should know: BIN task note "text"
A file for later tasks:     BIN task output PATH --category NAME"""
