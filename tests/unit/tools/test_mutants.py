"""The mutants are fit to be tried: they apply to the code, and the tests that they name exist."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tools.mutants import Mutant, applies, mutants

TOP = Path(__file__).parents[3]
FEWEST = 10


def test_there_are_enough() -> None:
    assert len(mutants()) >= FEWEST


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
def test_a_mutant_applies_and_names_a_test(mutant: Mutant) -> None:
    assert applies(mutant, TOP), f"{mutant.path.name} does not fit the code any more"
    path, _, name = mutant.test.partition("::")
    tree = ast.parse((TOP / path).read_text())
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name.partition("[")[0] in names
