"""What `doctor` finds about worktrees of ours: broken links, half-made ones, locks, trash."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from agentrelay.app.place import Place
from agentrelay.app.stored import stored_snapshot
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import graphs_of, is_run_now, latest_run, load_facts, lock_held
from agentrelay.errors import AgentRelayError
from agentrelay.gitio import worktree as worktrees
from agentrelay.gitio.admin import Admin, claimed, linked_admin
from agentrelay.gitio.lock import clear_stale_locks, repository_lock
from agentrelay.interfaces.cli.finding import Finding, Level, mendable

PATIENCE = 0.3
"""Seconds after which a lock file of git that is still there may be a dead one's."""

OF_USER = ("index.lock", "HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock")


def worktree_findings(place: Place) -> Iterator[Finding]:
    """Give what is found about the worktrees and git locks of the repository."""
    yield from _broken(place)
    yield from _locks(place)
    yield from _trash(place)


def _broken(place: Place) -> Iterator[Finding]:
    known = _admins(place)
    for folder in _unfinished_admins(place):
        found = f"{folder} was begun by a git that died"
        why = "git may refuse other worktrees until it is gone"
        if Admin(folder, folder).ours:
            yield mendable("worktrees", found, why, partial(_remove_unfinished, place, folder))
        else:
            fix = f"if no git works here: rm -r {folder}"
            yield Finding(Level.WARN, "worktrees", found, fix, f"{why}; it is not ours")
    ours = [admin for admin in known if admin.ours]
    lanes = _lane_folders(place)
    # A worktree that was moved is looked at where it is now, not where it was.
    here = {link.folder.name for path in lanes if (link := linked_admin(path)) is not None}
    gone = {a.worktree for a in ours if not a.worktree.is_dir() and a.folder.name in here}
    for path in sorted({admin.worktree for admin in ours} - gone | set(lanes)):
        if not worktrees.is_connected(place.repo.common_dir, path) and not _is_used(place, path):
            yield _disconnected(place, path)
    for admin in known:
        if not admin.ours and not admin.worktree.is_dir():
            found = f"{admin.worktree} is registered, but gone"
            yield Finding(Level.WARN, "worktrees", found, "git worktree prune")
    count = sum(1 for admin in ours if admin.worktree.is_dir())
    yield Finding(Level.OK, "worktrees", f"{count} of ours")


def _disconnected(place: Place, path: Path) -> Finding:
    gone = "is gone" if not path.is_dir() else "is half made, or its links lead elsewhere"
    why = "no task of its lane can go on in it; what only it holds is pinned or set aside"
    graph, lane = path.parent.name, path.name
    branch = place.folders(graph).integration_branch(lane)
    mend = partial(_reconnect, place, graph, path, branch)
    return mendable("worktrees", f"the worktree {path} {gone}", why, mend)


def _reconnect(place: Place, graph: str, path: Path, branch: str) -> None:
    with lock_held(place.folders(graph)):
        worktrees.mend(place.repo, path, branch)


def _remove_unfinished(place: Place, folder: Path) -> None:
    with repository_lock(place.repo.common_dir):
        if claimed(folder) is None and folder.is_dir():
            shutil.rmtree(folder)


def _unfinished_admins(place: Place) -> list[Path]:
    """Return admin folders that name no worktree: a living git fills them at once."""
    root = place.repo.common_dir / "worktrees"
    found = [folder for folder in _folders(root) if claimed(folder) is None]
    if found:
        time.sleep(PATIENCE)
    return [folder for folder in found if folder.is_dir() and claimed(folder) is None]


def _lane_folders(place: Place) -> list[Path]:
    """Return the worktrees of lanes that lie where the runs here have them."""
    found: list[Path] = []
    for folders in graphs_of(place.repo.top, place.repo.common_dir):
        for root in _root_of(folders):
            found += [path for path in _folders(root / folders.graph) if (path / ".git").is_file()]
    return found


def _root_of(folders: GraphFolders) -> list[Path]:
    number = latest_run(folders)
    try:
        facts = load_facts(folders.run(number)) if number is not None else None
    except AgentRelayError:
        return []
    return [Path(facts.worktree_root)] if facts is not None else []


def _locks(place: Place) -> Iterator[Finding]:
    """Give the lock files of git that stay: a living git holds one for milliseconds."""
    common = place.repo.common_dir
    of_user = {path: None for name in OF_USER if (path := common / name).exists()}
    of_ours: dict[Path, Callable[[], object] | None] = {
        path: partial(clear_stale_locks, [path])
        for admin in _admins(place)
        if admin.ours and not _is_used(place, admin.worktree)
        for path in admin.lock_files
        if path.exists()
    }
    refs = common / "refs" / "heads" / "agentrelay"
    of_ours |= {path: partial(clear_stale_locks, [path]) for path in refs.rglob("*.lock")}
    found = of_user | of_ours
    if found:
        time.sleep(PATIENCE)
    staying = {path: mend for path, mend in found.items() if path.exists()}
    for path, mend in staying.items():
        text = f"{path} stays: its git may be dead"
        why = "git refuses to change what it locks"
        if mend is None:
            fix = f"if no git works here: rm {path}"
            yield Finding(Level.WARN, "locks", text, fix, f"{why}; it is not ours to remove")
        else:
            yield mendable("locks", text, why, mend)
    if not staying:
        yield Finding(Level.OK, "locks", "none left over")


def _trash(place: Place) -> Iterator[Finding]:
    roots = {place.repo.top / ".worktrees"}
    for folders in graphs_of(place.repo.top, place.repo.common_dir):
        roots |= set(_root_of(folders))
    for root in sorted(roots):
        if left := worktrees.trashed(place.repo, root=root):
            found = f"{len(left)} in {root / worktrees.TRASH}"
            why = "discarded worktrees, whose work is pinned: they only take room"
            mend = partial(worktrees.empty_trash, place.repo, root=root)
            yield mendable("trash", found, why, mend)


def _admins(place: Place) -> list[Admin]:
    root = place.repo.common_dir / "worktrees"
    found = [(folder, claimed(folder)) for folder in _folders(root)]
    return [Admin(folder, worktree) for folder, worktree in found if worktree is not None]


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def _is_used(place: Place, worktree: Path) -> bool:
    """Tell whether the graph of a worktree of ours is being run, or may have programs there."""
    folders = place.folders(worktree.parent.name)
    if is_run_now(folders):
        return True
    try:
        number = latest_run(folders)
        return number is not None and bool(stored_snapshot(folders, number)[0].programs)
    except AgentRelayError:
        return True
