"""What a new run takes over of earlier ones, by evidence: pure, from a graph and what refs prove.

A task is taken over where a commit in its lane's branch or target did exactly what it asks for now,
and contains what it depends on now. Everything else is done, or done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from agentrelay.engine.evidence import Evidence, Landing, Proof
from agentrelay.engine.layout import integration_branch
from agentrelay.gitio.reverts import stands
from agentrelay.graph.digest import spec_digest
from agentrelay.graph.model import Lane, TaskGraph
from agentrelay.graph.order import task_order
from agentrelay.journal.event import Data

Lacks = Callable[[str, Iterable[str]], list[str]]
"""Which of some commits a commit does not contain."""


@dataclass(frozen=True)
class Takeover:
    """What is done already, by task and lane of the graph; the rest is to be done.

    ``again`` has the earlier work of tasks that are done again on top of it. ``lanes`` has what is
    known of a lane: that it ``landed``, or that what is left of it is ``stale`` and goes, pinned.
    """

    tasks: dict[str, Proof] = field(default_factory=dict[str, Proof])
    again: dict[str, Proof] = field(default_factory=dict[str, Proof])
    lanes: dict[str, Data] = field(default_factory=dict[str, Data])

    def as_data(self) -> dict[str, object]:
        """Return it as the facts with which a run starts."""
        return {
            "tasks": [{"id": name, **_facts(proof)} for name, proof in self.tasks.items()],
            "again": {name: proof.commit for name, proof in self.again.items()},
            "lanes": self.lanes,
        }


def takeover(graph: TaskGraph, evidence: Evidence, floor: int, lacks: Lacks) -> Takeover:
    """Return what a run of ``graph`` takes over; proofs of runs before ``floor`` do not count."""
    reverted = _reverted(evidence, lacks)
    counts = [p for p in evidence.proofs if p.run >= floor and p.commit not in reverted]
    found = _Search(graph, evidence, counts, lacks).taken()
    order = {id(proof): index for index, proof in enumerate(counts)}
    taken = dict(sorted(found.items(), key=lambda pair: order[id(pair[1])]))
    again = {
        proof.task: proof
        for proof in counts
        if proof.task in graph.task_by_id
        and proof.task not in taken
        and _is_there(graph, evidence, graph.task_by_id[proof.task].workstream_id, proof)
    }
    lanes = _Lanes(graph, evidence, counts, taken, {**taken, **again})
    facts = {lane.id: found for lane in graph.lanes if (found := lanes.facts(lane)) is not None}
    return Takeover(taken, again, facts)


@dataclass(frozen=True)
class _Search:
    """The search for the proof of each task, in an order in which dependencies come first."""

    graph: TaskGraph
    evidence: Evidence
    proofs: list[Proof]
    lacks: Lacks

    def taken(self) -> dict[str, Proof]:
        found: dict[str, Proof] = {}
        used: set[str] = set()
        for name in task_order(self.graph):
            proof = next((p for p in self._of(name) if p.task not in used), None)
            if proof is not None and self._contains_dependencies(name, proof, found):
                found[name] = proof
                used.add(proof.task)
        return found

    def _of(self, name: str) -> list[Proof]:
        """Return the proofs of what a task asks for, newest first, those of its own id before."""
        spec = self.graph.task_by_id[name]
        digest = spec_digest(spec)
        fit = [
            proof
            for proof in reversed(self.proofs)
            if proof.spec == digest
            and (proof.task == name or proof.task not in self.graph.task_by_id)
            and _is_there(self.graph, self.evidence, spec.workstream_id, proof)
        ]
        return sorted(fit, key=lambda proof: proof.task != name)

    def _contains_dependencies(self, name: str, proof: Proof, found: dict[str, Proof]) -> bool:
        below = self.graph.task_by_id[name].dependencies
        if not all(dependency in found for dependency in below):
            return False
        return not self.lacks(proof.commit, [found[dependency].commit for dependency in below])


def _is_there(graph: TaskGraph, evidence: Evidence, lane: str, proof: Proof) -> bool:
    """Tell whether a lane's branch or target contains what was done."""
    target = graph.lane_by_id[lane].spec.merge_target_branch
    places = (integration_branch(graph.name, lane), target)
    return any(evidence.contains(place, proof.commit) for place in places)


def _reverted(evidence: Evidence, lacks: Lacks) -> frozenset[str]:
    """Return the commits whose landing was reverted, and not landed again by undoing that."""
    gone: set[str] = set()
    for landing in evidence.landings:
        if not stands(landing.commit, evidence.reverts):
            before, head = landing.parents
            oids = [proof.commit for proof in evidence.proofs]
            without = set(lacks(before, oids))
            gone |= without - set(lacks(head, oids))
    return frozenset(gone)


@dataclass(frozen=True)
class _Lanes:
    """Where lanes are: ``counts`` are the proofs that count, ``known`` the work of tasks by id."""

    graph: TaskGraph
    evidence: Evidence
    counts: list[Proof]
    taken: dict[str, Proof]
    known: dict[str, Proof]

    def facts(self, lane: Lane) -> Data | None:
        """Return where a lane is, None where it is as its branch says."""
        target, tip = lane.spec.merge_target_branch, self.evidence.tips.get(lane.id)
        is_in_target = tip is None or self.evidence.contains(target, tip)
        names = [task.id for task in self.graph.tasks_of[lane.id]]
        landed = [name for name in names if self._is_in(target, name)]
        if is_in_target and all(name in self.taken and name in landed for name in names):
            last = _last_landing(self.evidence, lane.id, target)
            return _landed(last) if last is not None else {"landed": None}
        if is_in_target and landed:
            return {"epoch": 2, "stale": tip is not None}
        return {"stale": True} if tip is not None and self._is_dead(lane) else None

    def _is_in(self, branch: str, name: str) -> bool:
        return name in self.known and self.evidence.contains(branch, self.known[name].commit)

    def _is_dead(self, lane: Lane) -> bool:
        """Tell whether all work in a lane's branch is of runs that count no more, or reverted."""
        branch = integration_branch(self.graph.name, lane.id)
        inside = [p for p in self.evidence.proofs if self.evidence.contains(branch, p.commit)]
        return bool(inside) and not any(proof in self.counts for proof in inside)


def _landed(landing: Landing) -> Data:
    return {"landed": landing.commit, "number": landing.number, "url": landing.url}


def _last_landing(evidence: Evidence, lane: str, target: str) -> Landing | None:
    found = [
        landing
        for landing in evidence.landings
        if landing.lane == lane
        and evidence.contains(target, landing.commit)
        and stands(landing.commit, evidence.reverts)
    ]
    return found[-1] if found else None


def _facts(proof: Proof) -> dict[str, object]:
    return {
        "commit": proof.commit,
        "before": proof.before,
        "number": proof.number,
        "url": proof.url,
        "run": proof.run,
        "attempt": proof.attempt,
        "was": proof.task,
        "concerns": list(proof.concerns),
    }
