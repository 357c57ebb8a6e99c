"""Checks what agents and gates are given: texts, commands, paths, variables, branches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from agentrelay._shared.text import quoted
from agentrelay.gates.gate import Command, GateSpec
from agentrelay.graph import codes
from agentrelay.graph.credentials import is_forge_credential
from agentrelay.graph.draft import Draft
from agentrelay.graph.model import Lane
from agentrelay.graph.problem import Path, Problem
from agentrelay.task.core.task import TaskSpec

VARIABLE_PATTERN = r"[A-Za-z_][A-Za-z0-9_]*"

_VARIABLE = re.compile(VARIABLE_PATTERN)
_NOT_IN_BRANCH = re.compile(
    r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|^[-/.]|[/.]$|^@$|^HEAD$"
)
_OURS = "AGENTRELAY_"
_OWN_BRANCHES = "agentrelay/"


def check_values(draft: Draft) -> Iterator[Problem]:
    """Yield the values in ``draft`` with which nothing could be started."""
    for name, agent in draft.graph.agents.items():
        if agent.run is not None:
            yield from _command(draft, agent.run, ("agents", name, "run"))
        for index, command in enumerate(agent.allow):
            yield from _command(draft, command, ("agents", name, "allow", index))
        yield from _variables(draft, agent.env, ("agents", name, "env"))
    for index, lane in draft.lanes():
        yield from _lane(draft, lane, ("workstreams", index))
    for index, task in draft.tasks():
        yield from _task(draft, task, ("tasks", index))


def _task(draft: Draft, task: TaskSpec, path: Path) -> Iterator[Problem]:
    if not task.description.strip():
        yield Problem(
            codes.EMPTY_DESCRIPTION,
            f"task {quoted(task.id)} has an empty description",
            draft.locate((*path, "description")),
            "tells the agent nothing",
            "say what is to be done",
        )
    if task.cwd != ".":
        yield from _paths(draft, [task.cwd], path, "cwd")
    for category, paths in task.paths.items():
        yield from _paths(draft, paths, (*path, "paths", category))
    yield from _gates(draft, task.gates, path)
    yield from _variables(draft, task.env, (*path, "env"))
    yield from _variables(draft, task.env_from, (*path, "env_from"))
    yield from _variables(draft, task.env_allow, (*path, "env_allow"))


def _lane(draft: Draft, lane: Lane, path: Path) -> Iterator[Problem]:
    spec = lane.spec
    branches = {"base_branch": spec.base_branch, "merge_target_branch": spec.merge_target_branch}
    for key, branch in branches.items():
        # Our own names are made of ids, which are checked where they are given.
        if not branch.startswith(_OWN_BRANCHES) and _NOT_IN_BRANCH.search(branch or "-"):
            yield Problem(
                codes.BAD_BRANCH,
                f"workstream {quoted(lane.id)} has a {key} that can't exist: {quoted(branch)}",
                draft.locate((*path, key)),
                "not a branch name",
                "write it as `git branch` lists it",
            )
    yield from _gates(draft, lane.gates, path)
    yield from _paths(draft, lane.copy, (*path, "copy"))
    if lane.setup is not None:
        yield from _command(draft, lane.setup.run, (*path, "setup", "run"))
        yield from _paths(draft, lane.setup.when_changed, (*path, "setup", "when_changed"))


def _gates(draft: Draft, gates: Iterable[GateSpec], path: Path) -> Iterator[Problem]:
    for index, gate in enumerate(gates):
        yield from _command(draft, gate.run, (*path, "gates", index, "run"))


def _command(draft: Draft, command: Command, path: Path) -> Iterator[Problem]:
    program = command if isinstance(command, str) else (command or ("",))[0]
    if not program.strip():
        yield Problem(
            codes.EMPTY_COMMAND,
            "a command has no program",
            draft.locate(path),
            "nothing to run",
            "write a line of shell, or a list such as [make, test]",
        )


def _paths(
    draft: Draft, paths: Iterable[str], path: Path, only_key: str | None = None
) -> Iterator[Problem]:
    for index, text in enumerate(paths):
        label = _path_problem(text)
        if label is not None:
            yield Problem(
                codes.BAD_PATH,
                f"the path {quoted(text)} is not one inside the repository",
                draft.locate((*path, only_key or index)),
                label,
                "write it from the repository's top folder, such as src/shop",
            )


def _path_problem(text: str) -> str | None:
    parts = text.split("/")
    if not text.strip():
        return "empty"
    if text.startswith(("/", "~")):
        return "absolute"
    if ".." in parts:
        return "leaves the repository"
    if parts[0].casefold() == ".git":
        return "git's own folder"
    return "has a NUL character" if "\0" in text else None


def _variables(
    draft: Draft, names: Mapping[str, str] | Iterable[str], path: Path
) -> Iterator[Problem]:
    for index, name in enumerate(names):
        position = (*path, name if isinstance(names, Mapping) else index)
        if not _VARIABLE.fullmatch(name) or name.startswith(_OURS):
            ours = name.startswith(_OURS)
            yield Problem(
                codes.BAD_VARIABLE,
                f"the environment variable {quoted(name)} can't be set",
                draft.locate(position),
                "set by agentrelay itself" if ours else "not a variable's name",
                "" if ours else "letters, digits and '_', not beginning with a digit",
            )
        elif is_forge_credential(name):
            yield Problem(
                codes.CREDENTIAL,
                f"{name} is a forge credential, which agents never get",
                draft.locate(position),
                "not passed on",
                "remove it: agentrelay itself pushes and opens change requests",
            )
