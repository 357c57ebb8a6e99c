"""What refs prove of a graph's work: which commits did which task, and where they are now.

A task's proof is the commit that merged it into its lane, made by us after its gates had passed on
that very tree, and named by a merged change request; its trailers say what was asked for. Nothing
here needs ``.workflow``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agentrelay.engine.layout import GraphFolders
from agentrelay.forge.core.change_request import ChangeRequest, ChangeRequestStatus
from agentrelay.forge.core.forge import ChangeRequestReader
from agentrelay.gitio.command import Git
from agentrelay.gitio.commits import Commit, read_commits
from agentrelay.gitio.refs import contains_all, refs_under, resolve
from agentrelay.gitio.reverts import reverts_in
from agentrelay.graph.model import TaskGraph


@dataclass(frozen=True)
class Proof:
    """A task that was done: ``commit`` is in its lane since, ``before`` is the lane without it."""

    task: str
    lane: str
    run: int
    attempt: int
    spec: str
    commit: str
    before: str
    number: int | None = None
    url: str | None = None
    summary: str = ""
    concerns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Landing:
    """A merge of a lane into its target."""

    lane: str
    number: int
    url: str
    commit: str
    parents: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """All that refs prove of one graph.

    ``proofs`` are in the order in which the work was merged; ``inside`` has, for each lane's branch
    and each target, which commits of proofs, landings and lanes' tips it contains. ``reverts`` has
    the commits that the targets take back, each with those that do it, by whomever they are.
    """

    proofs: tuple[Proof, ...] = ()
    landings: tuple[Landing, ...] = ()
    inside: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    tips: Mapping[str, str] = field(default_factory=dict[str, str])
    reverts: Mapping[str, Sequence[str]] = field(default_factory=dict[str, list[str]])

    def contains(self, branch: str, commit: str) -> bool:
        """Tell whether a branch contains the commit of a proof or landing, or a lane's tip."""
        return commit in self.inside.get(branch, frozenset())


def find_evidence(
    git: Git, forge: ChangeRequestReader, folders: GraphFolders, graph: TaskGraph
) -> Evidence:
    """Return what refs prove of a graph's work now; a few git processes for each lane."""
    requests = [
        request
        for request in reversed(forge.list(ChangeRequestStatus.MERGED))
        if request.head_branch.startswith(f"agentrelay/{folders.graph}/") and request.merge_commit
    ]
    nothing = refs_under(git, f"refs/agentrelay/done/{folders.graph}/")
    if not requests and not nothing:
        return Evidence()
    commits = read_commits(git, [*(r.merge_commit or "" for r in requests), *nothing.values()])
    pairs = list(zip(requests, commits, strict=False))
    proofs = [proof for request, commit in pairs if (proof := _proof(request, commit))]
    landings = [found for request, commit in pairs if (found := _landing(request, commit))]
    for commit in commits[len(requests) :]:
        _insert(proofs, _proof_of_nothing(commit))
    tips = _tips(git, folders, graph)
    oids = [*(proof.commit for proof in proofs), *(landing.commit for landing in landings)]
    oids += tips.values()
    inside = {
        folders.integration_branch(lane): _inside(git, tip, oids) for lane, tip in tips.items()
    }
    targets = list(dict.fromkeys(lane.spec.merge_target_branch for lane in graph.lanes))
    for target in targets:
        inside[target] = frozenset().union(*(_inside(git, t, oids) for t in _tips_of(git, target)))
    ends = [tip for target in targets for tip in _tips_of(git, target)]
    reverts = reverts_in(git, ends, [each.commit for each in landings]) if landings else {}
    return Evidence(tuple(proofs), tuple(landings), inside, tips, reverts)


def trailers_of(message: str) -> dict[str, list[str]]:
    """Return the values of our trailers in a commit message, by name."""
    found: dict[str, list[str]] = {}
    for line in message.rstrip("\n").rpartition("\n\n")[2].splitlines():
        name, colon, value = line.partition(": ")
        if colon and name.startswith("Agentrelay-"):
            found.setdefault(name.removeprefix("Agentrelay-"), []).append(value)
    return found


def _tips(git: Git, folders: GraphFolders, graph: TaskGraph) -> dict[str, str]:
    refs = refs_under(git, f"refs/heads/agentrelay/{folders.graph}/")
    names = {lane.id: f"refs/heads/{folders.integration_branch(lane.id)}" for lane in graph.lanes}
    return {lane: refs[ref] for lane, ref in names.items() if ref in refs}


def _inside(git: Git, tip: str, oids: Sequence[str]) -> frozenset[str]:
    return frozenset(oids) - frozenset(contains_all(git, tip, oids))


def _tips_of(git: Git, target: str) -> list[str]:
    """Return where a target is here and, where lanes land there, on origin as last seen."""
    names = (f"refs/heads/{target}", f"refs/remotes/origin/{target}")
    return [tip for name in names if (tip := resolve(git, name)) is not None]


_TASK_BRANCH = re.compile(r"agentrelay/[^/]+/(?P<lane>[^/]+)/task/(?P<task>[^/]+)")
_LANE_BRANCH = re.compile(r"agentrelay/[^/]+/(?P<lane>[^/]+)/integration")


def _proof(request: ChangeRequest, commit: Commit | None) -> Proof | None:
    match = _TASK_BRANCH.fullmatch(request.head_branch)
    if match is None or commit is None:
        return None
    return _told(commit, match["lane"], request)


def _proof_of_nothing(commit: Commit | None) -> Proof | None:
    """Return the proof of a task that was done without a change: its commit is the lane's then."""
    if commit is None or len(commit.parents) != 1:
        return None
    told = trailers_of(commit.message)
    return _told(commit, told.get("Workstream", [""])[0], None)


def _told(commit: Commit, lane: str, request: ChangeRequest | None) -> Proof | None:
    """Return what a commit's trailers say that was done, None where they don't."""
    told = trailers_of(commit.message)
    try:
        run, attempt = told["Run"][0].rpartition("/")[2], told["Attempt"][0]
        return Proof(
            task=told["Task"][0],
            lane=lane,
            run=int(run),
            attempt=int(attempt),
            spec=told["Spec"][0],
            commit=commit.oid if request is not None else commit.parents[0],
            before=commit.parents[0],
            number=request.number if request is not None else None,
            url=request.url if request is not None else None,
            summary=request.title if request is not None else "",
            concerns=tuple(told.get("Concern", ())),
        )
    except (KeyError, ValueError, IndexError):
        return None


def _landing(request: ChangeRequest, commit: Commit | None) -> Landing | None:
    match = _LANE_BRANCH.fullmatch(request.head_branch)
    if match is None or commit is None:
        return None
    return Landing(match["lane"], request.number, request.url, commit.oid, commit.parents)


def _insert(proofs: list[Proof], proof: Proof | None) -> None:
    """Put the proof of a task without a change after what its lane contained then."""
    if proof is None:
        return
    at = [index for index, other in enumerate(proofs) if other.commit == proof.commit]
    proofs.insert(max(at) + 1 if at else 0, proof)
