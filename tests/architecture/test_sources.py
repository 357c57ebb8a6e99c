"""Our own rules about the sources hold, and each of them still bites."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.architecture import source_rules
from tests.architecture.source_rules import SOURCE_RULES, Module, Rule, unexplained_waivers

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "agentrelay"
ANY_PER_KLOC = 3

SOURCES = [
    Module(path.relative_to(PACKAGE).as_posix(), path.read_text())
    for path in sorted(PACKAGE.rglob("*.py"))
]
ALL_PYTHON = [
    Module(path.relative_to(ROOT).as_posix(), path.read_text())
    for folder in ("src", "tests", "bench", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
]

LONG_BODY = "\n".join("    a = 1" for _ in range(50))
PLANTED: tuple[tuple[Rule, str, str], ...] = (
    (source_rules.module_size, "a.py", "a = 1\n" * 401),
    (source_rules.function_size, "a.py", f"def f() -> None:\n{LONG_BODY}\n"),
    (
        source_rules.nesting,
        "a.py",
        "def f():\n for a in b:\n  if a:\n   try:\n    while a:\n     c\n   finally:\n    d",
    ),
    (
        source_rules.nesting,
        "a.py",
        "def f():\n match a:\n  case 1:\n   with a:\n    for b in a:\n     if b:\n      c",
    ),
    (source_rules.starting_programs, "engine/a.py", "import os\nos.fork()"),
    (
        source_rules.starting_programs,
        "engine/a.py",
        "from os import execvp as become\nbecome('ls', [])",
    ),
    (
        source_rules.starting_programs,
        "gitio/a.py",
        "import os as system\nsystem.posix_spawn('ls', [], {})",
    ),
    (source_rules.starting_programs, "gitio/a.py", "import os\nos.popen('ls')"),
    (source_rules.running_git, "forge/a.py", "run(['git', 'status'])"),
    (source_rules.running_git, "gates/gate.py", "ARGV = ('/usr/bin/git', *rest)"),
    (source_rules.reading_the_clock, "engine/a.py", "import time\ntime.time()"),
    (
        source_rules.reading_the_clock,
        "engine/a.py",
        "from datetime import UTC, datetime\ndatetime.now(UTC)",
    ),
    (source_rules.reading_the_clock, "engine/a.py", "import datetime\ndatetime.datetime.now()"),
    (source_rules.writing_to_stdout, "engine/a.py", "print('hello')"),
    (
        source_rules.writing_to_stdout,
        "interfaces/views/a.py",
        "from click import echo as say\nsay('hello')",
    ),
    (source_rules.writing_to_stdout, "task/a.py", "import sys\nsys.stdout.write('hello')"),
    (source_rules.unfinished, "a.py", "a = 1  # TO" + "DO: more"),
    (source_rules.vague_names, "graph/utils.py", ""),
    (source_rules.vague_names, "a.py", "class A:\n    def _get_name(self): ..."),
)
"""For each rule what it must object to: the rule, the module's path, the module's text."""

ALLOWED: tuple[tuple[Rule, str, str], ...] = (
    (source_rules.module_size, "a.py", "a = 1\n" * 400),
    (
        source_rules.nesting,
        "a.py",
        "def f():\n if a:\n  b\n elif c:\n  d\n elif e:\n  f\n elif g:\n  h\n else:\n  i",
    ),
    (source_rules.starting_programs, "_shared/process.py", "import os\nos.fork()"),
    (source_rules.starting_programs, "task/a.py", "import os\nos.kill(1, 0)\nprocess.run(['ls'])"),
    (source_rules.running_git, "gitio/command.py", "argv = ('git', *args)"),
    (source_rules.running_git, "workstream/a.py", "run(['gh', 'pr', 'list'])\nwords = ['legit']"),
    (source_rules.reading_the_clock, "engine/a.py", "import time\ntime.monotonic()"),
    (source_rules.writing_to_stdout, "interfaces/cli/a.py", "import click\nclick.echo('hello')"),
    (source_rules.vague_names, "a.py", "def processed() -> None: ...\ndef getter() -> None: ..."),
)


def objections(rule: Rule, modules: list[Module]) -> list[str]:
    return [f"{module.path}: {found}" for module in modules for found in rule(module)]


@pytest.mark.parametrize("rule", SOURCE_RULES, ids=lambda rule: rule.__name__)
def test_the_sources_keep_the_rule(rule: Rule) -> None:
    assert objections(rule, SOURCES) == []


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_a_planted_violation_is_found(rule: Rule, path: str, text: str) -> None:
    assert rule(Module(path, text)), text


@pytest.mark.parametrize(("rule", "path", "text"), ALLOWED)
def test_what_is_allowed_is_let_through(rule: Rule, path: str, text: str) -> None:
    assert rule(Module(path, text)) == []


def test_every_rule_has_a_planted_violation() -> None:
    assert {rule for rule, _, _ in PLANTED} == set(SOURCE_RULES)


def test_every_waiver_says_why() -> None:
    assert objections(unexplained_waivers, ALL_PYTHON) == []


NOQA = "no" + "qa"


@pytest.mark.parametrize(
    "comment",
    [
        f"# {NOQA}",
        f"# {NOQA}: S603",
        f"# {NOQA}: S603, S607",
        f"# {NOQA}: S603 -",
        f"# {NOQA}: S603 # {NOQA}: E501",
        f"# why: {NOQA} # {NOQA}: E501",
        "# type: ignore",
        "# type: ignore[arg-type]",
        "# pyright: ignore[reportUnknown]",
        "# pyright: basic",
    ],
)
def test_a_waiver_without_a_reason_is_found(comment: str) -> None:
    assert unexplained_waivers(Module("a.py", f"a = 1  {comment}\n")) != []


@pytest.mark.parametrize(
    "comment",
    [
        f"# {NOQA}: S603 - the argv is ours",
        f"# {NOQA}: S603,S607 (the argv is ours)",
        "# type: ignore[arg-type] - the stub is wrong",
        "# type: ignore[arg-type]  # the stub is wrong",
        "# nothing is waived here",
    ],
)
def test_a_waiver_with_a_reason_is_let_through(comment: str) -> None:
    assert unexplained_waivers(Module("a.py", f"a = 1  {comment}\n")) == []


def test_any_is_rare_outside_of_config() -> None:
    inside = [module for module in SOURCES if not module.path.startswith("config/")]
    lines = sum(module.text.count("\n") for module in inside)
    uses = sum(source_rules.uses_of_any(module) for module in inside)
    assert uses * 1000 <= ANY_PER_KLOC * lines, f"{uses} times Any in {lines} lines"


def test_uses_of_any_are_counted() -> None:
    text = "from typing import Any\nimport typing\na: dict[str, Any]\nb: typing.Any\n"
    assert source_rules.uses_of_any(Module("a.py", text)) == 2
