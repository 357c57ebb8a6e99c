"""What no linter knows about our sources: a rule takes a module and returns its objections."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

MODULE_LINES = 400
FUNCTION_LINES = 50
NESTING = 3

DOOR = "_shared/process.py"
"""The only module that may start a program."""
CLOCK = "_shared/clock.py"
"""The only module that may read the wall time."""
GIT = "gitio/"
"""The only package that may run git."""
STDOUT = ("interfaces/cli/",)
"""Who may write to standard output: it carries the answer to a command, and nothing else."""

STARTS = re.compile(
    r"os\.(exec\w+|spawn\w+|posix_spawnp?|fork|forkpty|system|popen|startfile)"
    r"|subprocess\.\w+|pty\.(fork|spawn)|asyncio\.create_subprocess_\w+"
)
READS_TIME = re.compile(
    r"time\.(time|time_ns|localtime|gmtime|ctime|strftime)"
    r"|(datetime\.)?(datetime|date)\.(now|utcnow|today)"
)
WRITES_OUT = re.compile(r"print|click\.(echo|secho|echo_via_pager)|sys\.(__)?stdout(__)?\..*")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
WAIVER = re.compile(r"#\s*(noqa|type:\s*ignore|pyright:\s*(ignore|basic|standard))(?P<rest>.*)")
EXPLAINED = re.compile(
    r"\s*(:\s*[A-Z]+[0-9]+(\s*,\s*[A-Z]+[0-9]+)*|\[[\w\s,-]+\])\W+(?!noqa|type:|pyright:)[a-z]{2,}.*",
    re.IGNORECASE,
)
VAGUE_MODULES = {"helper", "helpers", "manager", "misc", "util", "utils"}
VAGUE_FUNCTION = re.compile(r"_*(get|handle|process)_")
FOREIGN_NAMES = {"get_command"}
"""Names that a base class of a library asks for."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BLOCKS = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.Match)


@dataclass(frozen=True)
class Module:
    """A module of the sources: ``path`` is relative to src/agentrelay, with forward slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [
            (token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT
        ]

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, FUNCTIONS))

    def used(self, pattern: re.Pattern[str]) -> Iterator[str]:
        """Yield where a name is called or imported that matches, whatever it was imported as."""
        origins = imported_names(self.tree)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                head, dot, rest = ast.unparse(node.func).partition(".")
                name = origins.get(head, head) + dot + rest
                if pattern.fullmatch(name):
                    yield f"line {node.lineno}: {name}"
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    if pattern.fullmatch(name := f"{node.module}.{alias.name}"):
                        yield f"line {node.lineno}: {name}"


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for in full."""
    origins: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            origins |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            origins |= {
                alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names
            }
    return origins


def module_size(module: Module) -> list[str]:
    lines = module.text.count("\n")
    return [f"{lines} lines, the limit is {MODULE_LINES}"] if lines > MODULE_LINES else []


def function_size(module: Module) -> list[str]:
    sizes = ((node.name, (node.end_lineno or 0) - node.lineno + 1) for node in module.functions())
    return [f"{name}: {size} lines" for name, size in sizes if size > FUNCTION_LINES]


def nesting(module: Module) -> list[str]:
    deep = ((node, depth(node.body)) for node in module.functions())
    return [f"line {node.lineno}: {node.name} nests {n} deep" for node, n in deep if n > NESTING]


def depth(body: list[ast.stmt]) -> int:
    """Return how many blocks lie in one another; elif is as deep as its if."""
    deepest = 0
    for node in body:
        if (
            isinstance(node, ast.If)
            and len(node.orelse) == 1
            and isinstance(node.orelse[0], ast.If)
        ):
            deepest = max(deepest, 1 + depth(node.body), depth(node.orelse))
        elif isinstance(node, BLOCKS):
            inner = (getattr(node, part, []) for part in ("body", "orelse", "finalbody"))
            parts = [*inner, *(case.body for case in getattr(node, "cases", []))]
            parts += [handler.body for handler in getattr(node, "handlers", [])]
            deepest = max(deepest, 1 + max(depth(part) for part in parts))
    return deepest


def starting_programs(module: Module) -> list[str]:
    return [] if module.path == DOOR else list(module.used(STARTS))


def running_git(module: Module) -> list[str]:
    if module.path.startswith(GIT):
        return []
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(module.tree)
        if isinstance(node, (ast.List, ast.Tuple))
        and node.elts
        and isinstance(node.elts[0], ast.Constant)
        and re.fullmatch(r"(.*/)?git", str(node.elts[0].value))
    ]


def reading_the_clock(module: Module) -> list[str]:
    return [] if module.path == CLOCK else list(module.used(READS_TIME))


def writing_to_stdout(module: Module) -> list[str]:
    return [] if module.path.startswith(STDOUT) else list(module.used(WRITES_OUT))


def unfinished(module: Module) -> list[str]:
    lines = enumerate(module.text.splitlines(), 1)
    return [f"line {number}: {line.strip()}" for number, line in lines if UNFINISHED.search(line)]


def unexplained_waivers(module: Module) -> list[str]:
    return [
        f"line {number}: {comment}"
        for number, comment in module.comments
        for waiver in WAIVER.finditer(comment)
        if not EXPLAINED.fullmatch(waiver["rest"].rstrip())
    ]


def vague_names(module: Module) -> list[str]:
    stem = module.path.rpartition("/")[2].removesuffix(".py")
    found = [f"module {stem}"] if stem in VAGUE_MODULES else []
    return found + [
        f"line {node.lineno}: {node.name}"
        for node in module.functions()
        if VAGUE_FUNCTION.match(node.name) and node.name not in FOREIGN_NAMES
    ]


Rule = Callable[[Module], list[str]]

SOURCE_RULES: tuple[Rule, ...] = (
    module_size,
    function_size,
    nesting,
    starting_programs,
    running_git,
    reading_the_clock,
    writing_to_stdout,
    unfinished,
    vague_names,
)
"""For src only; ``unexplained_waivers`` is for all Python files."""


def uses_of_any(module: Module) -> int:
    """Return how often annotations (or anything else) say Any."""
    return sum(
        (isinstance(node, ast.Name) and node.id == "Any")
        or (isinstance(node, ast.Attribute) and node.attr == "Any")
        for node in ast.walk(module.tree)
    )
