"""What `doctor` looks at in a repository: can it be used, what did crashes leave, who waits."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from agentrelay.app.place import Place
from agentrelay.app.stored import stored_snapshot
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import graphs_of, holder_of, is_run_now, latest_run
from agentrelay.errors import AgentRelayError
from agentrelay.gitio.admin import Admin, claimed
from agentrelay.gitio.repository import OUR_IDENTITY, identity, require_usable
from agentrelay.gitio.worktree import release_locks
from agentrelay.interfaces.cli.checks import Finding, Level

PATIENCE = 0.3
"""Seconds after which a lock file of git that is still there may be a dead one's."""


def repository_findings(place: Place) -> Iterator[Finding]:
    """Give what is found in the repository."""
    yield _usable(place)
    yield _identity(place)
    yield _head(place)
    yield _runtime(place)
    yield from _worktrees(place)
    yield from _locks(place)
    yield from _runs(place)


def mend(place: Place) -> list[str]:
    """Remove the lock files that dead gits left in worktrees of ours; say what was done."""
    done: list[str] = []
    for admin in _admins(place):
        if admin.ours and admin.worktree.is_dir() and not _is_used(place, admin.worktree):
            done += [f"removed {path}" for path in release_locks(admin.worktree)]
    return done


def _usable(place: Place) -> Finding:
    top = place.repo.top
    try:
        require_usable(place.repo)
    except AgentRelayError as error:
        return Finding(Level.FAIL, "repository", error.message, error.hint)
    if not os.access(top, os.W_OK) or not os.access(place.repo.common_dir, os.W_OK):
        return Finding(Level.FAIL, "repository", f"{top} can't be written", f"ls -ld {top}")
    return Finding(Level.OK, "repository", str(top))


def _identity(place: Place) -> Finding:
    found = identity(place.repo)
    text = f"{found.name} <{found.email}>"
    if found == OUR_IDENTITY:
        fix = 'git config user.name "NAME" && git config user.email ADDRESS'
        return Finding(Level.WARN, "identity", f"none of yours: commits are by {text}", fix)
    return Finding(Level.OK, "identity", text)


def _head(place: Place) -> Finding:
    head = place.repo.git.run("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1, 128))
    if head.returncode == 0:
        return Finding(Level.OK, "branch", head.text)
    if place.settings.default_branch is not None:
        return Finding(Level.OK, "branch", f"HEAD is detached; {place.settings.default_branch}")
    return Finding(
        Level.WARN, "branch", "HEAD is detached", "git switch main, or name the branches"
    )


def _runtime(place: Place) -> Finding:
    try:
        place.executor()
    except AgentRelayError as error:
        return Finding(Level.FAIL, "runtime", error.message, error.hint)
    return Finding(Level.OK, "runtime", "the folder of locks and allowances can be used")


def _worktrees(place: Place) -> Iterator[Finding]:
    admins = _admins(place)
    for admin in admins:
        if admin.worktree.is_dir():
            continue
        found = f"{admin.worktree} is registered, but gone"
        fix = "agentrelay resume makes it anew" if admin.ours else "git worktree prune"
        yield Finding(Level.WARN, "worktrees", found, fix)
    here = sum(1 for admin in admins if admin.ours and admin.worktree.is_dir())
    yield Finding(Level.OK, "worktrees", f"{here} of ours")


def _locks(place: Place) -> Iterator[Finding]:
    """Give the lock files of git that stay: a living git holds one for milliseconds."""
    common = place.repo.common_dir
    names = ("index.lock", "HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock")
    of_user = {path: f"rm {path}" for name in names if (path := common / name).exists()}
    of_ours = {
        path: "agentrelay doctor --fix"
        for admin in _admins(place)
        if admin.ours and not _is_used(place, admin.worktree)
        for path in admin.lock_files
        if path.exists()
    }
    found = of_user | of_ours
    if found:
        time.sleep(PATIENCE)
    for path, fix in found.items():
        if path.exists():
            yield Finding(Level.WARN, "locks", f"{path} stays: its git may be dead", fix)
    if not any(path.exists() for path in found):
        yield Finding(Level.OK, "locks", "none left over")


def _runs(place: Place) -> Iterator[Finding]:
    for folders in graphs_of(place.repo.top, place.repo.common_dir):
        number = latest_run(folders)
        if number is not None:
            yield _run(folders, number)


def _run(folders: GraphFolders, number: int) -> Finding:
    name = f"run {number} of {folders.graph}"
    if is_run_now(folders):
        return Finding(Level.OK, "runs", f"{name} is carried on by {holder_of(folders)}")
    try:
        s, _ = stored_snapshot(folders, number)
    except (AgentRelayError, ValueError, KeyError) as error:
        fix = f"ls {folders.run(number).root}"
        return Finding(Level.FAIL, "runs", f"{name} can't be read: {error}", fix)
    resume = f"agentrelay resume {folders.graph}"
    if s.finished is not None:
        return Finding(Level.OK, "runs", f"{name} has finished")
    if s.waiting_code is not None and not s.programs:
        return Finding(Level.OK, "runs", f"{name} waits for you: agentrelay status")
    busy = f", {len(s.programs)} of its programs may still run" if s.programs else ""
    return Finding(Level.WARN, "runs", f"{name} was interrupted{busy}", resume)


def _admins(place: Place) -> list[Admin]:
    root = place.repo.common_dir / "worktrees"
    folders = sorted(root.iterdir()) if root.is_dir() else []
    found = [(folder, claimed(folder)) for folder in folders if folder.is_dir()]
    return [Admin(folder, worktree) for folder, worktree in found if worktree is not None]


def _is_used(place: Place, worktree: Path) -> bool:
    """Tell whether the graph of a worktree of ours is being run, or may have programs there."""
    graph = worktree.parent.name
    folders = place.folders(graph)
    if is_run_now(folders):
        return True
    number = latest_run(folders)
    return number is not None and bool(stored_snapshot(folders, number)[0].programs)
