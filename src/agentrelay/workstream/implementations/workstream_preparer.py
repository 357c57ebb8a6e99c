"""Provides a workstream with git: integration branch, worktree, signal directory."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from agentrelay.errors import AgentRelayError, ExternalError, WorkspaceError
from agentrelay.gitio.refs import resolve
from agentrelay.gitio.remote import has_origin, publish_branch, require_branch, require_pushed
from agentrelay.gitio.repository import Repository, discover, exclude_ours
from agentrelay.gitio.worktree import prepare
from agentrelay.workstream.core.runtime import WorkstreamRuntime


@dataclass
class GitWorkstreamPreparer:
    """Prepares workstreams of one graph in one repository.

    ``push`` publishes the integration branch on origin, where there is one. ``copy`` names ignored
    files of the user's checkout that the worktree needs too. ``start`` is an object id at which a
    new branch starts instead of the base branch's tip. ``worktree_root`` is where worktrees go
    (default: `.worktrees` in the repository). ``repo`` is the repository, where it is known.
    """

    repo_path: Path
    graph_name: str
    push: bool = True
    copy: tuple[str, ...] = ()
    start: str | None = None
    worktree_root: Path | None = None
    repo: Repository | None = None

    def prepare_workstream(self, workstream_runtime: WorkstreamRuntime) -> None:
        """Provide all that the workstream needs, or complete it, and mark it pending.

        WorkspaceError, with git's own words, where that fails; ``state`` is then as it was. A file
        to copy that is missing is named in ``artifacts.concerns``.
        """
        lane = workstream_runtime.spec.id
        branch = f"agentrelay/{self.graph_name}/{lane}/integration"
        try:
            worktree = self._provide(workstream_runtime, branch)
        except (AgentRelayError, OSError) as error:
            raise _workspace_error(lane, error) from error
        state = workstream_runtime.state
        folder = Path(self.repo_path) / ".workflow" / self.graph_name
        state.signal_dir = folder / "workstreams" / lane
        state.worktree_path = worktree
        state.branch_name = branch
        workstream_runtime.mark_pending()

    def _provide(self, runtime: WorkstreamRuntime, branch: str) -> Path:
        repo = self.repo or discover(Path(self.repo_path))
        exclude_ours(repo)
        root = self.worktree_root or Path(self.repo_path) / ".worktrees"
        worktree = root / self.graph_name / runtime.spec.id
        start = resolve(repo.git, f"refs/heads/{branch}") or self._start(repo, runtime)
        prepare(repo, worktree.absolute(), branch, start)
        self._copy_files(repo, worktree, runtime.artifacts.concerns)
        if self.push and has_origin(repo):
            require_pushed(repo, publish_branch(repo, branch))
        return worktree

    def _start(self, repo: Repository, runtime: WorkstreamRuntime) -> str:
        """Return where a new integration branch starts, as an object id."""
        return self.start or require_branch(repo, runtime.spec.base_branch)

    def _copy_files(self, repo: Repository, worktree: Path, concerns: list[str]) -> None:
        """Copy what the worktree lacks; only ignored files, since others would be committed."""
        for name in self.copy:
            source, target = repo.top / name, worktree / name
            if target.exists():
                continue
            problem = _copy_problem(repo, source, name)
            if problem is None:
                target.parent.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with source.open("rb") as reader, os.fdopen(descriptor, "wb") as writer:
                    shutil.copyfileobj(reader, writer)
            elif problem not in concerns:
                concerns.append(problem)


def _copy_problem(repo: Repository, source: Path, name: str) -> str | None:
    if not source.resolve().is_relative_to(repo.top.resolve()):
        return f"copy_outside: {name} is not in the repository"
    if not source.is_file():
        return f"copy_missing: {name} is not in {repo.top}"
    if repo.git.run("check-ignore", "--quiet", "--", name, ok=(0, 1)).returncode:
        return f"copy_not_ignored: {name} would be committed, because git does not ignore it"
    return None


def _workspace_error(lane: str, error: AgentRelayError | OSError) -> WorkspaceError:
    message = f"workstream {lane!r} could not be prepared: {error}"
    if isinstance(error, ExternalError):
        return WorkspaceError(
            message,
            workstream_id=lane,
            argv=error.argv,
            stderr=error.stderr,
            transient=error.transient,
        )
    return WorkspaceError(message, workstream_id=lane, stderr=str(error))
