"""The user's own instructions for agents: files of the checkout, read when a run begins.

They are read from the user's checkout and kept with the run, so no agent changes what those after
it are told: what it edits in its worktree counts once it has landed, and for runs begun after that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from agentrelay._shared.text import Spelling, quoted
from agentrelay.config.document import line_starts, position_at
from agentrelay.errors import UsageError
from agentrelay.graph import codes
from agentrelay.graph.model import TaskGraph
from agentrelay.graph.problem import GraphError, Problem
from agentrelay.task.core.task import ROLES
from agentrelay.task.core.templates import PLACEHOLDERS, Flaw, flaws

FOLDER = Path(".agentrelay") / "instructions"
MAX_BYTES = 256 * 1024


def template_file(top: Path, role: str) -> Path | None:
    """Return the user's file for a role, None where ours is used.

    A role that only a graph knows has the user's ``generic`` where it has no file of its own. An
    empty file is none: a shell makes one before the command runs that is to fill it.
    """
    names = (role,) if role in ROLES else (role, ROLES[0])
    found = (top / FOLDER / f"{name}.md" for name in names)
    return next((path for path in found if path.is_file() and path.stat().st_size), None)


def load_templates(top: Path, graph: TaskGraph) -> dict[str, str]:
    """Return the user's templates for the roles that a graph uses, by role.

    UsageError where a file can't be read, GraphError with all that is wrong in one.
    """
    templates: dict[str, str] = {}
    for role in dict.fromkeys(task.role for task in graph.tasks):
        path = template_file(top, role)
        if path is not None:
            templates[role] = _checked(path, str(path.relative_to(top)))
    return templates


def _checked(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"can't read {name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text", hint="save it as UTF-8") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name} is larger than {MAX_BYTES // 1024} KiB")
    problems = list(_problems(text, flaws(text)))
    if problems:
        raise GraphError(name, text, problems)
    return text


def _problems(text: str, found: Iterable[Flaw]) -> Iterator[Problem]:
    starts, spelling = line_starts(text), Spelling(PLACEHOLDERS)
    known = f"there are {', '.join(PLACEHOLDERS)}"
    for flaw in found:
        where = position_at(text, starts, flaw.start, flaw.length)
        message = f"{flaw.message}: {quoted(flaw.name)}" if flaw.name else flaw.message
        help_text = (spelling.hint(flaw.name) or known) if flaw.name else ""
        label = "unknown placeholder" if flaw.name else ""
        yield Problem(codes.BAD_INSTRUCTIONS, message, where, label, help_text)
