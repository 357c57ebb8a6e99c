"""Ours are sound, a user's are checked, and what is put in is never read as a template."""

from __future__ import annotations

import pytest

from agentrelay.gates.gate import GateSpec
from agentrelay.task.core.instructions import Briefing, Earlier, Input, instructions
from agentrelay.task.core.task import ROLES, TaskSpec
from agentrelay.task.core.templates import PLACEHOLDERS, VERSION, built_in, filled, flaws

SPEC = TaskSpec(
    "cart",
    "api",
    "Write the cart.\n\n\n{{gates}} stay as they are.\n",
    paths={"src": ("cart.py",)},
    gates=(GateSpec("unit", "pytest -q"),),
)
BRIEFING = Briefing(
    spec=SPEC,
    graph="shop",
    run=1,
    attempt=1,
    branch="b",
    start="c",
    bin="/opt/a b/agentrelay",
    earlier=[Earlier("spec", "wrote it", ("see {{inputs}}",))],
    inputs=[Input("spec", "report", ("/x/report.md",))],
    gates=["pytest -q"],
)


@pytest.mark.parametrize("role", ROLES)
def test_our_templates_use_every_placeholder(role: str) -> None:
    template = built_in(role)
    assert template.startswith(f"<!-- agentrelay instructions {VERSION} -->\n")
    assert list(flaws(template)) == []
    assert all(f"{{{{{name}}}}}" in template for name in PLACEHOLDERS)
    assert ("## Your role" in template) == (role != "generic")


def test_roles_that_only_a_graph_knows_have_the_generic_one() -> None:
    assert built_in("how_to_end") == built_in("painter") == built_in("generic")


def test_the_generic_instructions() -> None:
    text = instructions(BRIEFING, built_in("generic"))
    head, _, end = text.partition("## How to end")
    assert (
        head
        == """\
# Task cart

Write the cart.


{{gates}} stay as they are.

## What it is about

- src: cart.py

## Done before

- spec: wrote it
  - note: see {{inputs}}

## Inputs

- report of spec: /x/report.md

## What will be run on the result

- pytest -q

"""
    )
    assert "'/opt/a b/agentrelay' task done --summary" in end
    assert "{{bin}}" not in end


def test_what_there_is_nothing_to_say_about_leaves_no_gap() -> None:
    bare = Briefing(TaskSpec("a", "l", "Do it."), "g", 1, 1, "b", "c", "bin")
    assert instructions(bare, built_in("generic")).startswith("# Task a\n\nDo it.\n\n## How to end")


def test_text_around_a_placeholder_and_line_ends_of_windows() -> None:
    parts = dict.fromkeys(PLACEHOLDERS, "x") | {"gates": ""}
    template = (
        "<!-- agentrelay instructions 1 -->\r\nDo {{ task }}.\r\n \r\n{{gates}}\r\n\r\nEnd\r\n"
    )
    assert filled(template, parts) == "Do x.\n\nEnd\n"


def test_flaws_are_found_where_they_are() -> None:
    (unknown, missing) = flaws("{{description}}\n{{ gate }}")
    assert (unknown.name, unknown.start, unknown.length) == ("gate", 16, 10)
    assert "{{how_to_end}}" in missing.message
    (newer,) = flaws("<!-- agentrelay instructions 2 -->\n{{new}}")
    assert "version 2" in newer.message
