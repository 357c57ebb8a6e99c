"""Which pins a policy lets go, and which of them must stay all the same; and dropping them.

Nothing of the latest run of a graph goes, nor of one that is carried on, nor what some run that
stays was seen at: for that the journals are asked, as `fsck` does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from agentrelay._shared.clock import parse_rfc3339, rfc3339
from agentrelay.app.kept import Kept, all_kept
from agentrelay.app.place import Place
from agentrelay.engine.claims import seen_in
from agentrelay.engine.runs import (
    graphs_of,
    is_run_now,
    latest_run,
    let_go,
    load_facts,
    lock_held,
    note_let_go,
)
from agentrelay.errors import AgentRelayError, ConflictError
from agentrelay.gitio.reach import absent, bytes_of, holders, outside
from agentrelay.gitio.refs import RefUpdate, refs_under, update_refs
from agentrelay.journal.store import read_events

_REFS = ("refs/heads", "refs/tags", "refs/remotes", "refs/agentrelay")

RunKey = tuple[str, int | None]
"""A graph, and the number of a run of it, None for what was pinned outside of its runs."""


@dataclass(frozen=True)
class Policy:
    """What may go: of a graph, of one run of it, of runs that ended before a time."""

    graph: str | None = None
    run: int | None = None
    ended_before: float | None = None


@dataclass(frozen=True)
class Going:
    """The pins of a lane in a run; ``ended`` is when that did, ``bytes`` what only these hold."""

    graph: str
    run: int | None
    lane: str
    ended: float
    bytes: int
    pins: tuple[Kept, ...]


@dataclass(frozen=True)
class Plan:
    """What goes, with the bytes that only all of it together holds, and why the rest stays."""

    going: tuple[Going, ...]
    bytes: int
    stays: tuple[str, ...]

    @property
    def refs(self) -> dict[str, str]:
        """Return the refs that go, each with the commit that it holds."""
        return {kept.pin.ref: kept.pin.oid for each in self.going for kept in each.pins}


def plan(place: Place, policy: Policy, *, holding: Collection[str] = ()) -> Plan:
    """Return what goes by ``policy``; reads only. ``holding`` are graphs whose lock is held here.

    DamagedError where the journal of a run that stays can't be read: what it needs is not known.
    """
    runs: dict[RunKey, list[Kept]] = {}
    for kept in all_kept(place.repo.git):
        if kept.name.lane is not None:
            runs.setdefault((kept.name.graph, kept.name.run), []).append(kept)
    ends = {key: _ended(place, key, runs[key]) for key in runs if _is_named(policy, key)}
    meant = [key for key, ended in ends.items() if _is_old(policy, ended)]
    reasons = {key: _why_stays(place, key, ends[key], holding) for key in meant}
    chosen = [kept for key in meant if not reasons[key] for kept in runs[key]]
    stays = [reason for reason in reasons.values() if reason]
    roots, held = _needed(place, chosen)
    if held:
        stays.append(f"{len(held)} pins hold what a run that stays was seen at")
    going = [kept for kept in chosen if kept.pin.ref not in held]
    total = bytes_of(place.repo.git, [kept.pin.oid for kept in going], roots)
    by_lane = tuple(_by_lane(place, going, ends, roots))
    return Plan(by_lane, total, tuple(sorted(set(stays))))


def drop(place: Place, planned: Plan, policy: Policy) -> None:
    """Drop the pins of a plan, all or none, and note it in their runs.

    ConflictError where by now others would go, LockHeldError where a graph is being run. The
    objects stay until git collects garbage.
    """
    graphs = sorted({each.graph for each in planned.going})
    with ExitStack() as locked:
        for graph in graphs:
            locked.enter_context(lock_held(place.folders(graph)))
        if plan(place, policy, holding=graphs).refs != planned.refs:
            message = "what is kept changed meanwhile, so nothing was let go"
            raise ConflictError(message, hint="look again, with --dry-run")
        # Noted before: after a crash in between, fsck must not miss what was let go on purpose.
        for graph, number in dict.fromkeys((each.graph, each.run) for each in planned.going):
            run = place.folders(graph).run(number) if number is not None else None
            if run is not None and run.root.is_dir():
                note_let_go(run, rfc3339(place.clock.now()))
        updates = [RefUpdate(ref, None, oid) for ref, oid in planned.refs.items()]
        update_refs(place.repo.git, updates, reason="agentrelay: gc")


def _is_named(policy: Policy, key: RunKey) -> bool:
    graph, run = key
    return policy.graph in (None, graph) and policy.run in (None, run)


def _is_old(policy: Policy, ended: float) -> bool:
    """Tell whether a run ended before the time that the policy says; one of unknown age did not."""
    return policy.ended_before is None or 0 < ended < policy.ended_before


def _ended(place: Place, key: RunKey, kept: list[Kept]) -> float:
    """Return when a run was last heard of; where its journal is gone, its newest pin says it."""
    graph, number = key
    newest = float(max(each.pin.time for each in kept))
    if number is None:
        return newest
    try:
        events = list(read_events(place.folders(graph).run(number).journal))
        return parse_rfc3339(events[-1].time) if events else newest
    except (AgentRelayError, ValueError):
        return newest


def _why_stays(place: Place, key: RunKey, ended: float, holding: Collection[str]) -> str:
    graph, number = key
    folders = place.folders(graph)
    # Where no run can be read, the last folder counts: nothing of it is known to have ended.
    latest = latest_run(folders) or max(folders.runs(), default=None)
    facts = load_facts(folders.run(latest)) if latest is not None else None
    if latest is not None and number is not None and number >= latest:
        return f"run {number} of {graph} is its latest"
    if facts is not None and number is None and ended >= parse_rfc3339(facts.started):
        return f"what was pinned in {graph} outside of runs is of its latest run's time"
    if graph not in holding and is_run_now(folders):
        return f"{graph} is being run"
    return ""


def _needed(place: Place, chosen: list[Kept]) -> tuple[list[str], set[str]]:
    """Return the commits that keep what they lead to, and those of the chosen refs that must stay.

    These hold a state of some run that stays, to which nothing else leads.
    """
    git = place.repo.git
    pins = {kept.pin.ref: kept.pin.oid for kept in chosen}
    refs = {ref: oid for each in _REFS for ref, oid in refs_under(git, each).items()}
    gone = absent(git, refs.values())
    roots = [oid for ref, oid in refs.items() if ref not in pins and oid not in gone]
    if not pins:
        return roots, set()
    seen = set(_seen_where_it_stays(place, {(kept.name.graph, kept.name.run) for kept in chosen}))
    loose = outside(git, seen - absent(git, seen), roots)
    held = holders(git, list(pins), loose)
    return [*roots, *(pins[ref] for ref in held)], held


def _seen_where_it_stays(place: Place, going: set[RunKey]) -> Iterator[str]:
    for folders in graphs_of(place.repo.top, place.repo.common_dir):
        for number in folders.runs():
            run = folders.run(number)
            if (folders.graph, number) not in going and not let_go(run):
                yield from (seen.commit for seen in seen_in(read_events(run.journal)))


def _by_lane(
    place: Place, going: list[Kept], ends: dict[RunKey, float], roots: list[str]
) -> Iterator[Going]:
    lanes: dict[tuple[str, int, str], list[Kept]] = {}
    for kept in going:
        name = kept.name
        lanes.setdefault((name.graph, name.run or 0, name.lane or ""), []).append(kept)
    for key in sorted(lanes):
        pins, name = lanes[key], lanes[key][0].name
        size = bytes_of(place.repo.git, [kept.pin.oid for kept in pins], roots)
        yield Going(key[0], name.run, key[2], ends[name.graph, name.run], size, tuple(pins))
