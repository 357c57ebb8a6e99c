"""Reads YAML text into a document, once, with libyaml where it is there."""

from __future__ import annotations

import re

from yaml import MarkedYAMLError, YAMLError
from yaml.composer import Composer, ComposerError
from yaml.nodes import MappingNode, Node
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from agentrelay.config.document import Document, line_starts, position_at
from agentrelay.graph import codes
from agentrelay.graph.problem import Problem

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 50

_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Bounded:
    """What both composers share: no tags are guessed, and nesting is bounded.

    libyaml composes recursively in C, so that deep nesting would end the process.
    """

    depth = 0

    def descend_resolver(self, parent: Node | None, _index: object) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH and parent is not None:
            raise ComposerError(None, None, "values are nested too deep", parent.start_mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def resolve(self, _kind: object, _value: object, _implicit: object) -> str:
        return ""


class PythonComposer(_Bounded, Reader, Scanner, Parser, Composer):
    """Composes without libyaml."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)


try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML without libyaml is slower, and otherwise the same
    _FastestComposer = PythonComposer  # pyright: ignore[reportAssignmentType] - has the same methods
else:

    class _FastestComposer(_Bounded, CParser):
        """Composes with libyaml."""


def compose(text: str, what: str = "the file") -> Document | Problem:
    """Return the document in ``text``, or what keeps it from being one; ``what`` names the text."""
    refused = refused_character(text)
    if refused is not None:
        return refused
    try:
        root = _FastestComposer(text).get_single_node()
    except MarkedYAMLError as error:
        return _syntax_problem(text, error, what)
    except YAMLError as error:
        return Problem(codes.SYNTAX, f"{what} is no YAML: {error}")
    if isinstance(root, MappingNode):
        return Document(text, root)
    if root is None:
        return Problem(codes.SYNTAX, "the file is empty", help="agentrelay init writes an example")
    return Problem(
        codes.SYNTAX,
        "the file does not hold keys with values",
        position_at(text, line_starts(text), root.start_mark.index, 1),
        "not a key",
        "a graph begins with `schema_version: 1`",
    )


def refused_character(text: str) -> Problem | None:
    """Return the first character that no graph may hold as a problem, None where there is none."""
    refused = _NOT_ALLOWED.search(text)
    if refused is None:
        return None
    where = position_at(text, line_starts(text), refused.start(), 1)
    name = f"U+{ord(refused[0]):04X}"
    return Problem(codes.SYNTAX, f"the file has the control character {name}", where, name)


def _syntax_problem(text: str, error: MarkedYAMLError, name: str) -> Problem:
    what = error.problem or "not readable"
    mark = error.problem_mark or error.context_mark
    if "unexpected end" in what:
        mark = error.context_mark or mark
    index = min(mark.index, len(text)) if mark else len(text)
    notes = (f"{error.context}",) if error.context else ()
    help_text = ""
    if text[index : index + 1] == "\t":
        what, help_text = "a tab where only spaces may stand", "indent with spaces"
    elif "mapping values are not allowed" in what:
        what, help_text = "a second ': ' in one value", "put text that contains ': ' in quotes"
    elif "expected a single document" in (error.context or ""):
        what, notes = "the file holds more than one document", ()
        help_text = "a file holds one graph: remove what follows `---`"
    elif "start any token" in what or "alias" in what:
        help_text = f"put text that begins with {text[index]} in quotes"
    where = position_at(text, line_starts(text), index, 1)
    return Problem(codes.SYNTAX, f"{name} is no YAML: {what}", where, "here", help_text, notes)
