"""Prove that nothing was lost: every state that the journals tell of, against git's refs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from agentrelay.app.lost import lost_graphs
from agentrelay.app.place import Place
from agentrelay.app.stored import stored_snapshot
from agentrelay.engine.claims import Contained, Seen, done_tasks, landed_lanes, seen_in
from agentrelay.engine.layout import GraphFolders
from agentrelay.engine.runs import graphs_of, let_go
from agentrelay.engine.snapshot import Snapshot
from agentrelay.errors import AgentRelayError
from agentrelay.gitio.keep import KEEP_PREFIX
from agentrelay.gitio.reach import absent, is_whole, outside
from agentrelay.gitio.refs import contains_all, refs_under, resolve
from agentrelay.journal.store import read_events


@dataclass(frozen=True)
class Problem:
    """Something that is not where it must be; ``commit`` is empty where none is meant."""

    graph: str
    run: int | None
    whose: str
    what: str
    commit: str


@dataclass(frozen=True)
class CheckedRun:
    """What was looked at in one run; ``let_go`` is when gc dropped its pins, empty if never."""

    graph: str
    run: int
    states: int
    attempts: int
    merged: int
    landed: int
    let_go: str


@dataclass
class Checked:
    """What was looked at, and all that was not found.

    ``deleted`` are graphs whose files are gone, so that no journal tells what there was.
    """

    runs: list[CheckedRun] = field(default_factory=list[CheckedRun])
    pins: int = 0
    deleted: list[str] = field(default_factory=list[str])
    problems: list[Problem] = field(default_factory=list[Problem])


def check(place: Place, graph: str | None = None) -> Checked:
    """Return what was checked of all runs of a graph, or of every graph here, and what is missing.

    Reads only. A run whose pins `gc` has dropped is counted, and not missed.
    """
    git = place.repo.git
    refs = {
        ref: oid
        for prefix in ("refs/heads", "refs/tags", "refs/remotes", "refs/agentrelay")
        for ref, oid in refs_under(git, prefix).items()
    }
    gone = absent(git, refs.values())
    found = Checked()
    found.deleted = [name for name in lost_graphs(place) if graph in (None, name)]
    _check_pins(place, refs, gone, found)
    roots = tuple(dict.fromkeys(oid for oid in refs.values() if oid not in gone))
    for folders in graphs_of(place.repo.top, place.repo.common_dir):
        if graph in (None, folders.graph):
            for number in folders.runs():
                _check_run(place, folders, number, roots, found)
    return found


def _check_pins(place: Place, refs: dict[str, str], gone: set[str], found: Checked) -> None:
    pins = {ref: oid for ref, oid in refs.items() if ref.startswith(KEEP_PREFIX)}
    found.pins = len(pins)
    lost = {ref: oid for ref, oid in pins.items() if oid in gone}
    here = [oid for ref, oid in pins.items() if ref not in lost]
    if not is_whole(place.repo.git, here):
        lost |= {
            ref: oid
            for ref, oid in pins.items()
            if ref not in lost and not is_whole(place.repo.git, [oid])
        }
    for ref, oid in lost.items():
        found.problems.append(Problem("", None, ref, "its objects are not all there", oid))


def _check_run(
    place: Place, folders: GraphFolders, number: int, roots: tuple[str, ...], found: Checked
) -> None:
    try:
        s, _ = stored_snapshot(folders, number)
        seen = list(seen_in(read_events(folders.run(number).journal)))
    except (AgentRelayError, ValueError, KeyError, OSError) as error:
        problem = Problem(folders.graph, number, "the run", f"can't be read: {error}", "")
        found.problems.append(problem)
        return
    tips = _tips(place, folders, s) if number == folders.runs()[-1] else {}
    merged, landed = list(done_tasks(s, tips)), list(landed_lanes(s))
    dropped = let_go(folders.run(number))
    missing = [] if dropped else [*_lost(place, seen, roots), *_not_in_lane(place, merged)]
    for whose, what, commit in [*missing, *_not_in_target(place, landed)]:
        found.problems.append(Problem(folders.graph, number, whose, what, commit))
    attempts = {(each.task, each.attempt) for each in seen if each.task is not None}
    commits = {each.commit for each in seen}
    counts = (len(commits), len(attempts), len(merged), len(landed))
    found.runs.append(CheckedRun(folders.graph, number, *counts, dropped))


def _lost(place: Place, seen: list[Seen], roots: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    by_commit = {each.commit: each for each in reversed(seen)}
    gone = absent(place.repo.git, by_commit)
    loose = set(outside(place.repo.git, [oid for oid in by_commit if oid not in gone], roots))
    for oid, each in by_commit.items():
        if oid in gone:
            yield each.whose, f"{each.what} is gone", oid
        elif oid in loose:
            yield each.whose, f"{each.what} is in no ref, git may drop it", oid


def _not_in_lane(place: Place, merged: list[Contained]) -> Iterator[tuple[str, str, str]]:
    for holder in dict.fromkeys(each.holder for each in merged):
        of_lane = {each.commit: each for each in merged if each.holder == holder}
        if resolve(place.repo.git, holder) is None:
            missing = list(of_lane)
        else:
            missing = contains_all(place.repo.git, holder, of_lane)
        for oid in missing:
            each = of_lane[oid]
            yield each.name, f"is done, but not in {each.place} ({holder[:10]})", oid


def _not_in_target(place: Place, landed: list[Contained]) -> Iterator[tuple[str, str, str]]:
    git = place.repo.git
    for each in landed:
        names = (f"refs/heads/{each.holder}", f"refs/remotes/origin/{each.holder}")
        tips = [tip for name in names if (tip := resolve(git, name)) is not None]
        if not any(not contains_all(git, tip, [each.commit]) for tip in tips):
            yield each.name, f"has landed, but is not in {each.place}", each.commit


def _tips(place: Place, folders: GraphFolders, s: Snapshot) -> dict[str, str]:
    """Return where the branches of the lanes are that have one."""
    prefix = f"refs/heads/agentrelay/{folders.graph}"
    refs = refs_under(place.repo.git, prefix)
    names = {lane: f"refs/heads/{folders.integration_branch(lane)}" for lane in s.lanes}
    return {lane: refs[name] for lane, name in names.items() if name in refs}
