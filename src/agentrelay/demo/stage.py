"""The stage of the demo: a scratch clone whose origin is a bare repository beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentrelay.demo.project import Project, find_project
from agentrelay.demo.template import graph_for
from agentrelay.errors import PreconditionError
from agentrelay.gitio.command import Git
from agentrelay.gitio.repository import discover
from agentrelay.gitio.scratch import copy_head

BRANCH = "main"


@dataclass(frozen=True)
class Stage:
    """Where the demo plays: ``base`` is the commit from which everything starts."""

    git: Git
    origin: Git
    graph_file: Path
    project: Project
    base: str

    @property
    def folder(self) -> Path:
        """Return the clone's folder."""
        return self.git.cwd


def set_up(source: Path, scratch: Path, environ: Mapping[str, str]) -> Stage:
    """Return a stage in the empty folder ``scratch`` with the content of ``source``'s HEAD.

    Nothing is written to ``source``. PreconditionError where it holds no project for the demo.
    """
    origin, clone = scratch / "origin.git", scratch / "clone"
    _require_head(source, environ)
    git = copy_head(source, clone, BRANCH, environ)
    origin.mkdir()
    bare = Git(origin, environ)
    bare.run("init", "--quiet", "--bare", f"--initial-branch={BRANCH}")
    bare.run("config", "receive.shallowUpdate", "true")
    git.run("remote", "add", "origin", str(origin))
    git.run("push", "--quiet", "origin", BRANCH)
    git.run("fetch", "--quiet", "origin")
    project = find_project(git.text("ls-files", "-z").split("\0"))
    graph_file = scratch / "demo.yaml"
    graph_file.write_text(graph_for(project), encoding="utf-8")
    return Stage(git, bare, graph_file, project, git.text("rev-parse", "HEAD"))


def _require_head(source: Path, environ: Mapping[str, str]) -> None:
    try:
        repo = discover(source, environ)
    except PreconditionError as error:
        hint = "agentrelay demo REPO, where REPO is a checkout of a Python project with tests"
        raise PreconditionError(error.message, hint=hint) from error
    found = repo.git.at(source).run("rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1))
    if found.returncode:
        raise PreconditionError(f"{source} has no commit yet", hint="commit something first")
