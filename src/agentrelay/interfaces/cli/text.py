"""Foreign text made safe to show: nothing in it steers a terminal, and no key in it is readable.

Whatever a graph, an agent, a gate or git wrote goes through here on its way to a screen or pipe.
"""

from __future__ import annotations

import re

import click

from agentrelay._shared.text import printable

REDACTED = "[redacted]"

_KEYS = re.compile(
    # The shapes that their makers publish for secret scanning.
    r"(?<![A-Za-z0-9])("
    r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_.-]{16,}"
    r"|sk-[A-Za-z0-9_-]{20,}|AKIA[A-Z0-9]{16}(?![A-Za-z0-9])"
    r")"
)
_IN_URL = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")


def shown(text: str) -> str:
    """Return foreign text on one line: control characters escaped, keys redacted."""
    return printable(redacted(text))


def shown_block(text: str) -> str:
    """Return foreign text with its lines and tabs kept, otherwise like ``shown``."""
    lines = redacted(text).replace("\r\n", "\n").split("\n")
    return "\n".join("\t".join(printable(part) for part in line.split("\t")) for line in lines)


def redacted(text: str) -> str:
    """Return ``text`` without what has the shape of a key of a forge or a model's provider."""
    return _IN_URL.sub(REDACTED, _KEYS.sub(REDACTED, text))


def bold(text: str) -> str:
    """Return ``text`` emphasised; ``click.echo`` drops that where no terminal shows colours."""
    return click.style(text, bold=True)


def good(text: str) -> str:
    """Return ``text`` in the colour of what went well."""
    return click.style(text, fg="green")


def bad(text: str) -> str:
    """Return ``text`` in the colour of what failed."""
    return click.style(text, fg="red", bold=True)


def waits(text: str) -> str:
    """Return ``text`` in the colour of what waits for somebody."""
    return click.style(text, fg="yellow")
