"""Agent: gives a docstring to each function and class of the given packages that has none."""

from __future__ import annotations

import sys

import libcst as cst

from agentrelay.demo.agents import calls
from agentrelay.demo.agents.sources import files_of

QUESTIONS = ("is", "has", "can", "should", "are", "was")


class AddDocstrings(cst.CSTTransformer):
    """Adds docstrings that spell out names, to what modules and classes define."""

    def __init__(self) -> None:
        """Begin with nothing added."""
        super().__init__()
        self.added = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: N802 - libcst's name
        """Leave what is defined inside of a function as it is."""
        del node
        return False

    def leave_FunctionDef(  # noqa: N802 - libcst's name
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """Return the function, with a docstring if it needs one."""
        name = original_node.name.value
        if original_node.get_docstring() is not None or name.startswith("__"):
            return updated_node
        return updated_node.with_changes(body=self._described(updated_node.body, sentence(name)))

    def leave_ClassDef(  # noqa: N802 - libcst's name
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef:
        """Return the class, with a docstring if it needs one."""
        if original_node.get_docstring() is not None:
            return updated_node
        text = f"What {original_node.name.value} stands for."
        return updated_node.with_changes(body=self._described(updated_node.body, text))

    def _described(self, body: cst.BaseSuite, text: str) -> cst.BaseSuite:
        if not isinstance(body, cst.IndentedBlock):
            return body
        self.added += 1
        line = cst.SimpleStatementLine([cst.Expr(cst.SimpleString(f'"""{text}"""'))])
        return body.with_changes(body=[line, *body.body])


def sentence(name: str) -> str:
    """Return what a function's name says, as a sentence."""
    words = name.strip("_").split("_")
    if words[0] in QUESTIONS:
        return f"Tell whether: {' '.join(words)}."
    return f"{words[0].capitalize()}{''.join(f' {word}' for word in words[1:])}."


def main() -> None:
    """Add the docstrings and say how many."""
    added = 0
    for path in files_of(sys.argv[1:]):
        before = cst.parse_module(path.read_bytes())
        transformer = AddDocstrings()
        after = before.visit(transformer)
        if transformer.added:
            path.write_bytes(after.bytes)
        added += transformer.added
    calls.done(f"{added} docstrings added")


if __name__ == "__main__":
    main()
