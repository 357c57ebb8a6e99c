"""What a scenario left behind: compared with what it leaves undisturbed, and true by itself."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from tests.emulator.core.sync import sync
from tests.faults.scenario import GITHUB, Scenario, slug_of, target
from tests.faults.scene import Scratch, git_locks, living_in, until
from tests.gitrepo import TestRepo
from tests.replays import assert_runs_replay

from agentrelay._shared import locks
from agentrelay._shared.signals import furthest
from agentrelay.app.place import Place, open_place
from agentrelay.engine.snapshot import Snapshot
from agentrelay.task.core.task import TaskStatus
from agentrelay.workstream.core.runtime import WorkstreamStatus


@dataclass(frozen=True)
class Remains:
    """What a run came to, as far as two plays of one scenario can be compared.

    ``starts`` counts the starts of each program, ``history`` the commits of each subject.
    """

    tree: str
    history: Counter[str]
    starts: Counter[str]
    requests: Counter[tuple[str, str, str]]
    statuses: dict[str, str]
    branches: frozenset[str]
    origin: frozenset[str]
    pulls: Counter[tuple[str, str, int]] = field(default_factory=Counter)


def remains_of(scene: Scratch, scenario: Scenario) -> Remains:
    """Look at all that a scenario left, and see that nothing is wrong with it by itself."""
    repo, place = scene.repo, open_place(scene.repo.path, scene.environ())
    until(lambda: not living_in(scene.base), "all processes of the scenario to end")
    snapshot = scene.snapshot()
    _nothing_is_under_way(scene, place, snapshot)
    _nothing_is_left_over(scene)
    _nothing_is_lost(scene)
    assert_runs_replay(repo.path)
    landed = target(scene)
    files = {name: repo.show(name, landed) for name in repo.files(landed)}
    assert files == scenario.tree, files
    return Remains(
        tree=repo.git("rev-parse", f"{landed}^{{tree}}"),
        history=Counter(repo.git("log", "--format=%s", landed).splitlines()),
        starts=scene.starts(),
        requests=Counter(
            (request.head_branch, request.base_branch, request.status.value)
            for request in place.forge().list()
        ),
        statuses=_statuses(place, snapshot),
        branches=frozenset(repo.refs("refs/heads")),
        origin=frozenset(_origin(scene)),
        pulls=_pulls(scene),
    )


def _nothing_is_under_way(scene: Scratch, place: Place, snapshot: Snapshot) -> None:
    assert not snapshot.in_flight
    assert not snapshot.programs
    assert not locks.is_held(place.folders("shop").lock)
    assert scene.repo.status() == ""
    two_at_once = [words for words in scene.starts() if words.startswith("two at once")]
    assert not two_at_once, two_at_once


def _nothing_is_left_over(scene: Scratch) -> None:
    """See that no lock, worktree or temporary file is left."""
    dot_git = scene.repo.path / ".git"
    found = git_locks(scene.repo)
    found += [path for path in scene.base.rglob(".*.tmp") if path.is_file()]
    found += [path for path in (scene.base / "tmp").iterdir() if path.name != "none"]
    worktrees = scene.repo.path / ".worktrees"
    found += [path for path in worktrees.rglob("*") if path.name != ".trash"]
    inbox = scene.repo.path / ".workflow/shop/inbox"
    found += [path for path in inbox.glob("*") if not path.name.endswith(".answer.json")]
    found += (dot_git / "worktrees").glob("*")
    assert not found, found


def _nothing_is_lost(scene: Scratch) -> None:
    """See that all that agents wrote, and each commit but what we can make again, is reachable."""
    repo = scene.repo
    reachable = {
        line.split()[0] for line in repo.git("rev-list", "--objects", "--all").splitlines()
    }
    written = set((scene.base / "written").read_text().split())
    assert written <= reachable, f"lost: {written - reachable}"
    options = ("--unreachable", "--no-reflogs", "--no-progress", "--no-dangling")
    lost = [line.split() for line in repo.git("fsck", *options).splitlines()]
    work = [oid for _, kind, oid in lost if _is_work(repo, kind, oid, reachable)]
    assert not work, [repo.git("show", "--format=raw", oid) for oid in work]


def _is_work(repo: TestRepo, kind: str, oid: str, reachable: set[str]) -> bool:
    """Tell whether an unreachable object holds what nothing else does."""
    if kind == "tree":
        return False
    if kind == "blob":
        # A merge in the object database wrote both sides of a conflict; both are reachable.
        return "<<<<<<<" not in repo.git("cat-file", "blob", oid)
    content = repo.git("cat-file", "commit", oid)
    if re.search(r"^(Merge task|Land) .*\n\nAgentrelay-Run: ", content, re.MULTILINE):
        # A merge of ours that came to nothing; its sides are what was worked.
        return False
    tree = repo.git("rev-parse", f"{oid}^{{tree}}")
    return tree not in reachable


def _statuses(place: Place, snapshot: Snapshot) -> dict[str, str]:
    """Return the statuses by the journal, which are those that the signal files show."""
    folders = place.folders("shop")
    by_journal = {lane.id: lane.status.value for lane in snapshot.lanes.values()}
    by_journal |= {f"task {task.id}": task.status.value for task in snapshot.tasks.values()}
    order = [status.value for status in WorkstreamStatus]
    shown = {lane: furthest(folders.signals(lane), order) for lane in snapshot.lanes}
    order = [status.value for status in TaskStatus]
    tasks = folders.run(snapshot.run)
    shown |= {f"task {task}": furthest(tasks.task(task), order) for task in snapshot.tasks}
    assert shown == by_journal
    return by_journal


def _pulls(scene: Scratch) -> Counter[tuple[str, str, int]]:
    """Return the pull requests on the forge, if lanes land there: branch, state, comments."""
    if scene.settings.get("AGENTRELAY_FORGE") != GITHUB:
        return Counter()
    hub = scene.server.emulator.hub
    with hub.lock:
        repository = hub.repository(slug_of(scene))
        sync(hub, repository)
        pulls = repository.requests
    return Counter((each.head_branch, each.state.value, len(each.comments)) for each in pulls)


def _origin(scene: Scratch) -> dict[str, str]:
    bare = scene.base / "origin.git"
    return TestRepo(bare).refs() if bare.exists() else {}
