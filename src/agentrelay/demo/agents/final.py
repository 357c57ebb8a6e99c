"""Agent: marks each class of the given packages that nobody inherits from as final."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import libcst as cst

from agentrelay.demo.agents import calls
from agentrelay.demo.agents.sources import files_of


class MarkFinal(cst.CSTTransformer):
    """Decorates the classes of a module that are in no list of bases."""

    def __init__(self, bases: frozenset[str]) -> None:
        """Know the names of all ``bases`` in the project."""
        super().__init__()
        self.bases = bases
        self.marked = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: N802 - libcst's name
        """Leave what is defined inside of a function as it is."""
        del node
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:  # noqa: N802 - libcst's name
        """Leave what is defined inside of a class as it is."""
        del node
        return False

    def leave_ClassDef(  # noqa: N802 - libcst's name
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef:
        """Return the class, decorated if nobody inherits from it."""
        name = original_node.name.value
        if name in self.bases or _mentions(original_node, {"Protocol", "ABC", "final"}):
            return updated_node
        self.marked += 1
        decorator = cst.Decorator(cst.Name("final"))
        return updated_node.with_changes(decorators=[decorator, *updated_node.decorators])


def bases_in(files: Iterable[Path]) -> frozenset[str]:
    """Return the last names of all base classes in the files; one that is no Python has none."""
    found: set[str] = set()
    for path in files:
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
        for node in classes:
            found |= {ast.unparse(base).split("[")[0].rpartition(".")[2] for base in node.bases}
    return frozenset(found)


def marked_final(text: bytes, bases: frozenset[str]) -> tuple[bytes, int]:
    """Return a module's source with its final classes marked and imported, and their number."""
    transformer = MarkFinal(bases)
    module = cst.parse_module(text).visit(transformer)
    if not transformer.marked:
        return text, 0
    body = list(module.body)
    body.insert(_below_head(body), cst.parse_statement("from typing import final\n"))
    return module.with_changes(body=body).bytes, transformer.marked


def _below_head(body: Sequence[cst.CSTNode]) -> int:
    """Return where a module's imports may begin: below its docstring and its __future__."""
    below = 0
    for index, line in enumerate(body):
        first = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
        is_docstring = index == 0 and isinstance(first, cst.Expr)
        if is_docstring or _is_future(first):
            below = index + 1
    return below


def _is_future(statement: cst.CSTNode | None) -> bool:
    return (
        isinstance(statement, cst.ImportFrom)
        and isinstance(statement.module, cst.Name)
        and statement.module.value == "__future__"
    )


def _mentions(node: cst.ClassDef, names: set[str]) -> bool:
    arguments = [argument.value for argument in node.bases]
    decorators = [decorator.decorator for decorator in node.decorators]
    code = cst.Module([])
    words = {code.code_for_node(part).split("[")[0] for part in (*arguments, *decorators)}
    return bool({word.rpartition(".")[2] for word in words} & names)


def main() -> None:
    """Mark the classes and say how many."""
    bases = bases_in(Path().rglob("*.py"))
    total = 0
    for path in files_of(sys.argv[1:]):
        text, marked = marked_final(path.read_bytes(), bases)
        if marked:
            path.write_bytes(text)
        total += marked
    calls.done(f"{total} classes are final")


if __name__ == "__main__":
    main()
