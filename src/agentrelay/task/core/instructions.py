"""What an agent is told: the instructions of an attempt, its manifest, the feedback of a turn.

Pure text. Everything that came from an agent or a gate is quoted, never mixed with our words.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from agentrelay.task.core.task import TaskSpec
from agentrelay.task.core.templates import filled, how_to_end

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


def instructions(briefing: Briefing, template: str) -> str:
    """Return the instructions of an attempt, as Markdown, by a template without flaws."""
    spec = briefing.spec
    paths = [f"{kind}: {', '.join(paths)}" for kind, paths in spec.paths.items()]
    inputs = [f"{i.category} of {i.task}: {', '.join(i.files)}" for i in briefing.inputs]
    earlier = "\n".join(_earlier(task) for task in briefing.earlier)
    parts = {
        "task": spec.id,
        "description": spec.description.strip(),
        "paths": _section("What it is about", _listed(paths)),
        "earlier": _section("Done before", earlier),
        "inputs": _section("Inputs", _listed(inputs)),
        "gates": _section("What will be run on the result", _listed(briefing.gates)),
        "before": _section("What went before", quoted(briefing.before)),
        "how_to_end": how_to_end(shlex.quote(briefing.bin)),
    }
    return filled(template, parts)


def _section(heading: str, text: str) -> str:
    return f"## {heading}\n\n{text}" if text else ""


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


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
    "message": "A person has something to say",
    "budget": "You were cut short",
}

_MEND = "Mend that, in the same worktree and on the same branch. Earlier work is there."
_GO_ON = "That is over. Go on with the task; all that you had written is still there."
_HEED = "Go on with the task in view of that, in the same worktree. Earlier work is there."
_TO_DO = {"account": _GO_ON, "budget": _GO_ON, "message": _HEED}
