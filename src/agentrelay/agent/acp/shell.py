"""Read a shell line as the plain commands that it runs, or not at all.

Only what is certain is read: words, quotes, and what joins commands. A line with an expansion, a
redirection, a glob or a block is none that we can read, whatever it would do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""
      (?P<blank> [ \t]+ | (?<!\S) 2>&1 (?!\S) )   # both outputs in one change nothing
    | (?P<join>  && | \|\| | [;|\n] )
    | ' (?P<single> [^']* ) '
    | " (?P<double> (?: [^"\\$`] | \\. )* ) "
    | \\ (?P<escaped> [^\n] )
    | (?P<plain> [\w@%+=:,./^-] [\w@%+=:,./^~-]* )
    """,
    re.VERBOSE,
)
_ESCAPED = re.compile(r'\\(["\\$`])')


@dataclass
class Line:
    """The commands of a line, each as its words; ``joins`` are what stands between them."""

    commands: list[list[str]] = field(default_factory=list[list[str]])
    joins: list[str] = field(default_factory=list[str])


def read(text: str) -> Line | None:
    """Return the commands that a shell makes of ``text``; None where that is not plain to see."""
    line, words, word, place = Line(), list[str](), None, 0
    # A last break, so that the last command ends like the others.
    text = text.strip().rstrip(";") + "\n"
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            return None
        place = token.end()
        if token.lastgroup not in ("blank", "join"):
            word = (word or "") + _unquoted(token)
            continue
        words += [] if word is None else [word]
        word = None
        if token.lastgroup == "join":
            if not words:
                return None
            line.commands.append(words)
            line.joins.append(token["join"])
            words = []
    line.joins.pop()
    return line


def _unquoted(token: re.Match[str]) -> str:
    kind = token.lastgroup or ""
    return _ESCAPED.sub(r"\1", token[kind]) if kind == "double" else token[kind]
