"""The page on the guarantees is complete: each row has a test that exists and a guard that does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tools.mutants import mutants

TOP = Path(__file__).resolve().parents[2]
PAGE = TOP / "docs" / "explanation" / "guarantees.md"
ROWS = [f"L{number}" for number in range(1, 17)] + [f"C{number}" for number in range(1, 16)]
LATER = {"C15"}
"""Rows about what there is not yet; the page says so of each, in words."""
_TEST = re.compile(r"`(tests/[^`:]+\.py)::(\w+)`")
_CODE = re.compile(r"`([a-z_/]+\.py)`")


def table() -> dict[str, list[str]]:
    lines = re.findall(r"^\| ([LC]\d+) \|(.*)\|$", PAGE.read_text(), re.MULTILINE)
    return {row: [cell.strip() for cell in rest.split(" | ")] for row, rest in lines}


def test_every_row_is_there_once_and_in_order() -> None:
    found = re.findall(r"^\| ([LC]\d+) \|", PAGE.read_text(), re.MULTILINE)
    assert found == [row for row in ROWS if row not in LATER]


def test_what_is_missing_is_said() -> None:
    text = re.sub(r"^\|.*$", "", PAGE.read_text(), flags=re.MULTILINE)
    assert set(re.findall(r"\b[LC]\d+\b", text)) == LATER


@pytest.mark.parametrize("row", [row for row in ROWS if row not in LATER])
def test_a_row_names_tests_and_a_guard_that_exist(row: str) -> None:
    _, _, tests, guard = table()[row]
    named = _TEST.findall(tests)
    assert named, f"row {row} names no test"
    for path, name in named:
        tree = ast.parse((TOP / path).read_text())
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in functions, f"row {row}: there is no {name} in {path}"
    known = {mutant.name: mutant for mutant in mutants()}
    patches = re.findall(r"mutant `([\w-]+)`", guard)
    modules = _CODE.findall(guard)
    assert patches or modules, f"row {row} names no guard"
    for patch in patches:
        assert row in known[patch].rows, f"mutant {patch} is not about {row}"
    for module in modules:
        assert (TOP / "src" / "agentrelay" / module).exists(), f"row {row}: there is no {module}"


def test_every_mutant_stands_in_a_row() -> None:
    said = PAGE.read_text()
    for mutant in mutants():
        assert f"`{mutant.name}`" in said, f"no row names the mutant {mutant.name}"
