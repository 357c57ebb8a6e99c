"""Templates of what an agent is told, one for each role: ours come with the package, as texts.

A template is Markdown with ``{{placeholders}}``. A paragraph of which nothing is left is left out;
what is put in is never looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from agentrelay.task.core.task import ROLES

VERSION = 1
"""Which placeholders there are and what they mean; a template may say for which it was written."""

PLACEHOLDERS = (
    "task",
    "description",
    "paths",
    "earlier",
    "inputs",
    "gates",
    "before",
    "how_to_end",
)
REQUIRED = ("description", "how_to_end")

_GENERIC = ROLES[0]
_HOW_TO_END = "how_to_end"
_HEAD = re.compile(r"<!-- agentrelay instructions (\d{1,9}) -->[ \t]*(?:\r\n|\n|\r|$)")
_PLACEHOLDER = re.compile(r"\{\{([^{}\r\n]*)\}\}")


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a template, from ``start`` on for ``length`` characters."""

    message: str
    start: int
    length: int
    name: str = ""


def built_in(role: str) -> str:
    """Return our template for a role; a role that only a graph knows has the generic one."""
    return _read(role if role in ROLES else _GENERIC)


def how_to_end(command: str) -> str:
    """Return what every agent is told of its calls; ``command`` is made for a shell."""
    return _read(_HOW_TO_END).rstrip("\n").replace("{{bin}}", command)


def filled(template: str, parts: Mapping[str, str]) -> str:
    """Return a template without flaws with ``parts`` in the place of its placeholders."""
    body = template[head.end() :] if (head := _HEAD.match(template)) else template
    paragraphs = re.split(r"\n(?:[ \t]*\n)+", body.replace("\r\n", "\n").strip())
    told = [_PLACEHOLDER.sub(lambda found: parts[found[1].strip()], each) for each in paragraphs]
    return "\n\n".join(each for each in told if each.strip()) + "\n"


def flaws(template: str) -> Iterator[Flaw]:
    """Yield what keeps a template from being used."""
    head = _HEAD.match(template)
    if head is not None and int(head[1]) > VERSION:
        message = f"it is written for version {head[1]} of instructions; there is {VERSION}"
        yield Flaw(message, head.start(1), len(head[1]))
        return
    used: set[str] = set()
    for found in _PLACEHOLDER.finditer(template):
        name = found[1].strip()
        used.add(name)
        if name not in PLACEHOLDERS:
            message = "instructions have no such placeholder"
            yield Flaw(message, found.start(), len(found[0]), name or "{{}}")
    for name in REQUIRED:
        if name not in used:
            yield Flaw(f"it lacks {{{{{name}}}}}, without which no agent can do its task", 0, 1)


@cache
def _read(name: str) -> str:
    return (files("agentrelay.task") / "templates" / f"{name}.md").read_text(encoding="utf-8")
