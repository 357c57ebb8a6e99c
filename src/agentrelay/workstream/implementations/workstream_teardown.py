"""Removes a workstream's worktree and branches with git, after pinning what they hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from agentrelay._shared.clock import Clock, SystemClock
from agentrelay.errors import AgentRelayError, GitError
from agentrelay.gitio.branch_use import branch_use
from agentrelay.gitio.keep import pin_commit
from agentrelay.gitio.lock import repository_lock
from agentrelay.gitio.preserve import Keep
from agentrelay.gitio.refs import RefUpdate, resolve, update_refs
from agentrelay.gitio.remote import (
    PushUpdate,
    has_origin,
    note_origin,
    origin_tip,
    push,
    require_pushed,
)
from agentrelay.gitio.repository import Repository, discover, identity
from agentrelay.gitio.worktree import discard
from agentrelay.workstream.core.runtime import WorkstreamRuntime, WorkstreamStatus


@dataclass
class GitWorkstreamTeardown:
    """Tears down workstreams of the repository at ``repo_path``.

    ``worktree_root`` is the folder of all worktrees, where it is not `.worktrees`; ``repo`` is the
    repository, where it is known. Pins go below ``keep`` (default: the graph and lane). ``caches``
    are patterns of ignored files that may go.
    """

    repo_path: Path
    clock: Clock = field(default_factory=SystemClock)
    worktree_root: Path | None = None
    repo: Repository | None = None
    keep: str | None = None
    caches: tuple[str, ...] = ()

    def teardown_workstream(self, workstream_runtime: WorkstreamRuntime) -> None:
        """Remove worktree, local and remote integration branch, each by itself.

        Tips and dirty files are pinned first, and what can't be pinned is not deleted. Whatever
        fails is named in ``artifacts.concerns``. While the PR is open the branches stay.
        """
        concerns = workstream_runtime.artifacts.concerns
        try:
            repo = self.repo or discover(Path(self.repo_path))
        except AgentRelayError as error:
            concerns.append(f"teardown_failed: {error}")
            return
        state, name = workstream_runtime.state, self.keep or _keep_name(workstream_runtime)
        branch = state.branch_name
        if state.worktree_path is not None:
            path = state.worktree_path.absolute()
            keep = self._keep(repo, name, branch or "")
            _attempt(concerns, "worktree", lambda: self._drop_worktree(repo, path, keep))
        if branch is None or workstream_runtime.status is WorkstreamStatus.PR_CREATED:
            return
        pinned: list[str] = []
        _attempt(concerns, "tips", lambda: pinned.extend(_pin_tips(repo, branch, name)))
        lane = state.worktree_path
        _attempt(concerns, "branch", lambda: _drop_branch(repo, branch, pinned, lane))
        _attempt(concerns, "remote branch", lambda: _drop_remote_branch(repo, branch, pinned))

    def _keep(self, repo: Repository, name: str, branch: str) -> Keep:
        return Keep(
            name=f"{name}/teardown",
            message=f"Kept when {name} was torn down",
            branches=branch.removesuffix("integration"),
            identity=identity(repo),
            date=self.clock.now(),
            caches=self.caches,
        )

    def _drop_worktree(self, repo: Repository, worktree: Path, keep: Keep) -> None:
        root = self.worktree_root
        discard(repo, worktree, keep, root=root.absolute() if root is not None else None)


def _attempt(concerns: list[str], what: str, step: Callable[[], object]) -> None:
    """Do one step; where it fails, say so among the concerns and go on."""
    try:
        step()
    except (AgentRelayError, OSError) as error:
        concerns.append(f"teardown_failed: {what}: {error}")


def _keep_name(runtime: WorkstreamRuntime) -> str:
    branch = runtime.state.branch_name
    if branch is None:
        return f"_unknown/_lanes/{runtime.spec.id}"
    graph = branch.removeprefix("agentrelay/").partition("/")[0]
    return f"{graph}/_lanes/{runtime.spec.id}"


def _pin_tips(repo: Repository, branch: str, name: str) -> list[str]:
    """Pin the branch's tip, here and as origin was last seen; return all ids that it may have."""
    refs = (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}")
    tips = [tip for ref in refs if (tip := resolve(repo.git, ref)) is not None]
    for tip in dict.fromkeys(tips):
        pin_commit(repo, f"{name}/teardown-tip", tip)
    return tips


def _drop_branch(repo: Repository, branch: str, pinned: list[str], lane: Path | None) -> None:
    ref = f"refs/heads/{branch}"
    tip = resolve(repo.git, ref)
    if tip is None:
        return
    _require_pinned(tip, pinned, branch)
    use = branch_use(repo.git, repo.common_dir, branch)
    if use is not None and (lane is None or use.path.resolve() != lane.resolve()):
        raise GitError(f"{branch} is in use in {use.path}", cwd=repo.top)
    update_refs(repo.git, [RefUpdate(ref, None, tip)], reason="agentrelay: teardown")
    if repo.git.run("config", "--get", f"branch.{branch}.merge", ok=(0, 1)).returncode == 0:
        with repository_lock(repo.common_dir):
            repo.git.run("config", "--remove-section", f"branch.{branch}")


def _drop_remote_branch(repo: Repository, branch: str, pinned: list[str]) -> None:
    ref = f"refs/heads/{branch}"
    if not has_origin(repo):
        return
    there = origin_tip(repo, ref)
    if there is None:
        note_origin(repo.git, {ref: None})
        return
    _require_pinned(there, pinned, f"origin's {branch}")
    require_pushed(repo, push(repo, [PushUpdate(ref, None, there)]))


def _require_pinned(tip: str, pinned: list[str], what: str) -> None:
    if tip not in pinned:
        raise GitError(f"{what} is at {tip}, which is not pinned, so it stays")
