"""What a reset would take back, looked up for people before they agree to it; reads only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentrelay.app.place import Place
from agentrelay.app.stored import stored_snapshot
from agentrelay.engine.evidence import trailers_of
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.reset_rules import Reset, refusal, what_goes
from agentrelay.engine.snapshot import LaneState, Snapshot
from agentrelay.errors import RequestRefusedError
from agentrelay.gitio.command import Git
from agentrelay.gitio.commits import Commit, read_commits
from agentrelay.gitio.refs import merge_base, resolve
from agentrelay.gitio.strays import stray_commits
from agentrelay.gitio.worktree import is_connected, state


@dataclass(frozen=True)
class LaneGoes:
    """What goes of a lane: from ``tip`` back to ``to``, None where there is no such commit.

    ``by_people`` are the commits that no task has made, ``uncommitted`` counts files.
    """

    lane: LaneState
    whole: bool
    tip: str | None
    to: str | None
    commits: int = 0
    files: int = 0
    by_people: tuple[Commit, ...] = ()
    uncommitted: int = 0


@dataclass(frozen=True)
class Going:
    """All that a reset takes back, in the run as it is now."""

    snapshot: Snapshot
    reset: Reset
    lanes: tuple[LaneGoes, ...]


def what_would_go(
    place: Place, folders: GraphFolders, number: int, *, task: str | None, lane: str | None
) -> Going:
    """Return what a reset of a task or lane takes back; RequestRefusedError where it can't be."""
    s, _ = stored_snapshot(folders, number)
    reset = what_goes(s, task, lane)
    if (why := refusal(s, reset)) is not None:
        raise RequestRefusedError(why)
    return Going(s, reset, tuple(_lane(place, folders, reset, each) for each in reset.lanes))


def _lane(place: Place, folders: GraphFolders, reset: Reset, lane: LaneState) -> LaneGoes:
    git = place.repo.git
    tip = resolve(git, f"refs/heads/{folders.integration_branch(lane.id)}")
    whole, to = lane.id == reset.whole, reset.to(lane)
    uncommitted = _uncommitted(place, lane)
    start = to
    if whole and tip is not None:
        start = merge_base(git, f"refs/heads/{lane.lane.spec.base_branch}", tip)
    if tip is None or start is None:
        return LaneGoes(lane, whole, tip, to, uncommitted=uncommitted)
    return LaneGoes(
        lane,
        whole,
        tip,
        to,
        commits=int(git.text("rev-list", "--count", f"{start}..{tip}")),
        files=len(git.text("diff", "--name-only", "--no-renames", start, tip).splitlines()),
        by_people=_by_people(git, start, tip) + _strays(place, folders, lane, tip),
        uncommitted=uncommitted,
    )


def _by_people(git: Git, start: str, tip: str) -> tuple[Commit, ...]:
    """Return the commits of a lane's own history that merge no task."""
    oids = git.text("rev-list", "--first-parent", f"{start}..{tip}").split()
    found = [commit for commit in read_commits(git, oids) if commit is not None]
    return tuple(commit for commit in found if "Task" not in trailers_of(commit.message))


def _strays(place: Place, folders: GraphFolders, lane: LaneState, tip: str) -> tuple[Commit, ...]:
    if lane.worktree is None:
        return ()
    return stray_commits(place.repo, Path(lane.worktree), folders.graph, [tip])


def _uncommitted(place: Place, lane: LaneState) -> int:
    worktree = None if lane.worktree is None else Path(lane.worktree)
    if worktree is None or not is_connected(place.repo.common_dir, worktree):
        return 0
    return len(state(worktree).entries)
