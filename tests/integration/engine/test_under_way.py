"""What an agent has not committed is pinned while it works, and only where it has changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo
from tests.integration.engine.scene import Quiet, Scene, scene_of

from agentrelay.app.kept import all_kept, named, the_one
from agentrelay.app.stored import stored_snapshot
from agentrelay.app.wiring import world_of
from agentrelay.engine.keeper import Keeper
from agentrelay.engine.snapshot import Program
from agentrelay.journal.event import KEEP_DUE, Draft, Event
from agentrelay.task.core.task import TaskStatus


@pytest.fixture
def hasty(scene: Scene, tmp_path: Path) -> Iterator[Scene]:
    """Return the scene where work is pinned as often as can be."""
    with scene_of(scene.repo, tmp_path, keep_every="1s") as made:
        yield made


KEPT = "until git for-each-ref refs/agentrelay/keep/ | grep -q -e -work$; do sleep 0.05; done"
WORKS = f"git add README.md; echo half > a.txt; echo mine >> README.md; {KEPT}"


def pins(repo: TestRepo) -> list[str]:
    listed = repo.git("for-each-ref", "--format=%(refname)", "refs/agentrelay/keep/")
    return [ref for ref in listed.splitlines() if "-work" in ref]


def test_what_was_pinned_outlives_the_worktree(hasty: Scene) -> None:
    gone = hasty.base / "gone"
    works = "echo half > a.txt; echo mine >> README.md"
    hasty.simple(f"{works}; until test -e {gone}; do sleep 0.05; done; exit 1")

    def clean(_: Event) -> None:
        shutil.rmtree(hasty.worktree().path)
        gone.touch()

    assert hasty.run(Quiet({"effect.done turn.keep": clean})).code == 1
    assert hasty.task().status is TaskStatus.FAILED
    git = hasty.place.repo.git
    kept = the_one(git, [k for k in named(all_kept(git), "a", 1) if "-work" in k.pin.name])
    assert kept is not None
    assert hasty.repo.show("a.txt", kept.pin.oid) == "half"
    assert hasty.repo.show("README.md", kept.pin.oid).endswith("mine")


def test_a_pin_leaves_the_agents_index_alone(hasty: Scene) -> None:
    index = "$(git rev-parse --absolute-git-dir)/index"
    before = hasty.base / "index"
    hasty.simple(f"echo half > a.txt; cp {index} {before}; {KEPT}; cmp {index} {before}")
    assert hasty.run().code == 0
    assert hasty.repo.show("a.txt", "main") == "half"


def test_only_what_has_changed_is_looked_at_as_due(scene: Scene) -> None:
    scene.simple("echo work > n", "auto_merge: false")
    scene.run()
    worktree, clock = scene.worktree(), iter((0.0, 299.0, 300.0, 301.0))
    snapshot, facts = stored_snapshot(scene.folders, 1)
    world = world_of(scene.place, snapshot.graph, 1, facts)
    keeper = Keeper(world, lambda: next(clock))
    turn = Program("turn.start/1/l/1/a/1/1", "turn.start", "l", "a", 1, 1)
    assert [keeper.due([turn]) for _ in range(4)] == [[], [], [turn], []]
    worktree.git("switch", "--quiet", "--create", "mine")
    assert keeper.look(turn) is None
    worktree.write({"half.txt": "half\n"})
    assert keeper.look(turn) == Draft(KEEP_DUE, data={"tasks": ["a"]})
    assert keeper.look(turn) is None
    worktree.write({"half.txt": "more and more\n"})
    assert keeper.look(turn) is not None
    shutil.rmtree(worktree.path)
    assert keeper.look(turn) is None


def test_large_new_files_are_left_to_the_end_of_the_turn(hasty: Scene) -> None:
    hasty.simple(f"head -c 6000000 /dev/zero > big.bin; {WORKS}")
    hasty.run()
    (pin,) = pins(hasty.repo)
    assert hasty.repo.git("ls-tree", "--name-only", pin).splitlines() == ["README.md", "a.txt"]
