"""The Python sources of a project: its modules, and what each offers, read without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

PAGES = "docs/modules"
"""Where the reference pages go."""
PAGE_DEPTH = 2

NOT_OFFERED = frozenset({"test", "tests", "testing", "__main__", "conftest"})


@dataclass(frozen=True)
class Source:
    """A module: its dotted name, and its file."""

    name: str
    path: Path

    @property
    def page(self) -> str:
        """Return the name of the reference page that the module is on: its package's, or its own.

        There is a page for each top package and for all that lies right below it.
        """
        return ".".join(self.name.split(".")[:PAGE_DEPTH])

    @cached_property
    def tree(self) -> ast.Module:
        """Return the parsed source."""
        return ast.parse(self.path.read_bytes())

    @property
    def summary(self) -> str:
        """Return the first paragraph of the module's docstring, on one line."""
        return first_paragraph(self.tree)

    def offered(self) -> list[Definition]:
        """Return the public functions and classes that are defined here, in their order."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        found = [node for node in self.tree.body if isinstance(node, kinds)]
        return [node for node in found if not node.name.startswith("_")]


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def files_of(packages: Sequence[str]) -> list[Path]:
    """Return the Python files below the packages' folders, sorted."""
    return sorted(path for package in packages for path in Path(package).rglob("*.py"))


def modules_of(packages: Sequence[str]) -> list[Source]:
    """Return the public modules below the packages' folders, sorted."""
    return sorted(_modules(packages), key=lambda source: source.name)


def module_name(package: str, path: PurePosixPath) -> str | None:
    """Return the dotted name of a public module of ``package``, or None for any other file."""
    inside = path.relative_to(PurePosixPath(package).parent)
    parts = [*inside.parts[:-1], inside.stem]
    if inside.stem == "__init__":
        parts.pop()
    if any(part.startswith("_") or part in NOT_OFFERED for part in parts):
        return None
    return ".".join(parts)


def pages_of(packages: Sequence[str]) -> dict[str, list[Source]]:
    """Return the reference pages by name, each with the modules that are on it."""
    pages: dict[str, list[Source]] = {}
    for source in modules_of(packages):
        pages.setdefault(source.page, []).append(source)
    return pages


def first_paragraph(node: Definition | ast.Module) -> str:
    """Return the first paragraph of a docstring, on one line; empty where there is none."""
    text = ast.get_docstring(node) or ""
    return " ".join(text.split("\n\n", 1)[0].split())


def _modules(packages: Sequence[str]) -> Iterator[Source]:
    for package in packages:
        for path in Path(package).rglob("*.py"):
            name = module_name(package, PurePosixPath(path.as_posix()))
            if name is not None:
                yield Source(name, path)
