"""Reset: back to before a task or lane, with real git; nothing that went is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo, make_origin
from tests.integration.engine.scene import Scene, scene_of

from agentrelay.app.fsck import check
from agentrelay.errors import RequestRefusedError
from agentrelay.forge.core.change_request import ChangeRequestStatus
from agentrelay.task.core.task import TaskStatus

GRAPH = """\
agents:
  w: {adapter: command, run: 't=$AGENTRELAY_TASK; echo $t >> $t.txt; echo $t >> LOG'}
  sad: {adapter: command, run: 'echo half > half.txt; exit 3'}
defaults: {agent: w, max_attempts: 1}
workstreams: [{id: l}, {id: m}]
tasks:
  - {id: a, workstream_id: l, description: do a}
  - {id: b, workstream_id: l, description: do b, dependencies: [a]}
  - {id: c, workstream_id: l, description: do c, dependencies: [b]}
  - {id: x, workstream_id: m, description: do x}
  - {id: y, workstream_id: m, description: do y, dependencies: [x, b]}
"""
ALL = ["README.md", "a.txt", "b.txt", "c.txt"]


def two_lanes(scene: Scene) -> None:
    """Run two lanes up to their approval; ``y`` of the second depends on ``b`` of the first."""
    scene.graph(GRAPH.replace("LOG", str(scene.base / "log")))
    assert scene.run().code == 5


def worked(scene: Scene) -> list[str]:
    return sorted((scene.base / "log").read_text().split())


def told(scene: Scene) -> str:
    return ", ".join(f"{name} {status}" for name, status in statuses(scene).items())


BEFORE_B = "l active, m active, a merged, b pending, c pending, x merged, y pending"


def statuses(scene: Scene) -> dict[str, str]:
    s = scene.snapshot
    return {each.id: each.status.value for each in (*s.lanes.values(), *s.tasks.values())}


def requests(scene: Scene) -> dict[str, list[ChangeRequestStatus]]:
    """Return the states of the change requests of each branch, oldest first."""
    found: dict[str, list[ChangeRequestStatus]] = {}
    for request in reversed(scene.place.forge().list()):
        name = request.head_branch.removeprefix("agentrelay/g/")
        found.setdefault(name, []).append(request.status)
    return found


def assert_nothing_lost(scene: Scene) -> None:
    assert check(scene.place).problems == []


def lands_as_if_nothing_was(scene: Scene) -> None:
    """Run to the end: it lands what it would have landed without the reset."""
    assert scene.resume().code == 5
    for lane in ("l", "m"):
        scene.approve(lane)
    assert scene.repo.files("main") == [*ALL, "x.txt", "y.txt"]
    assert [scene.repo.show(f"{name}.txt", "main") for name in "abcxy"] == list("abcxy")
    assert_nothing_lost(scene)


MERGED, CLOSED, OPEN = (
    ChangeRequestStatus.MERGED,
    ChangeRequestStatus.CLOSED,
    ChangeRequestStatus.OPEN,
)


def test_a_task_in_the_middle_goes_with_all_that_came_after_it(scene: Scene) -> None:
    two_lanes(scene)
    before = scene.lane("l").merges[1][1]
    tips = [scene.repo.head(scene.branch(lane)) for lane in ("l", "m")]
    assert scene.ask("reset", task="b") == "task b is reset; what went is kept under keep refs"
    assert scene.repo.head(scene.branch("l")) == before
    assert scene.repo.files(scene.branch("l")) == ["README.md", "a.txt"]
    assert scene.repo.files(scene.branch("m")) == ["README.md", "x.txt"]
    assert told(scene) == BEFORE_B
    assert set(tips) <= set(scene.repo.refs("refs/agentrelay/keep").values())
    assert scene.repo.find("agentrelay/g/l/task/b") is None
    assert scene.worktree("l").files("HEAD") == ["README.md", "a.txt"]
    assert scene.worktree("l").status() == ""
    assert not (scene.folders.signals("l") / "merge_ready").exists()
    assert_nothing_lost(scene)
    lands_as_if_nothing_was(scene)
    assert worked(scene) == ["a", "b", "b", "c", "c", "x", "y", "y"]


def test_requests_of_what_went_are_closed_and_new_ones_are_opened(scene: Scene) -> None:
    two_lanes(scene)
    scene.ask("reset", task="b")
    assert requests(scene) == {
        "l/task/a": [MERGED],
        "m/task/x": [MERGED],
        "l/task/b": [CLOSED],
        "l/task/c": [CLOSED],
        "m/task/y": [CLOSED],
        "l/integration": [CLOSED],
        "m/integration": [CLOSED],
    }
    forge = scene.place.forge()
    taken = next(r for r in forge.list() if r.head_branch.endswith("task/b"))
    assert taken.merge_commit is not None
    assert scene.resume().code == 5
    found = requests(scene)
    assert found["l/task/b"] == [CLOSED, MERGED]
    assert found["l/integration"] == [CLOSED, OPEN]


def test_a_lane_is_as_if_it_had_never_begun(scene: Scene) -> None:
    two_lanes(scene)
    scene.repo.commit({"new.txt": "by a person\n"})
    scene.ask("reset", lane="l")
    assert scene.repo.find(scene.branch("l")) is None
    assert not scene.worktree("l").path.exists()
    assert not scene.repo.refs("refs/heads/agentrelay/g/l")
    assert scene.lane("l").epoch == 2
    assert statuses(scene)["l"] == "pending"
    assert statuses(scene)["y"] == "pending"
    assert statuses(scene)["x"] == "merged"
    assert sorted(path.name for path in scene.folders.signals("l").iterdir()) == ["pending"]
    assert_nothing_lost(scene)
    assert scene.resume().code == 5
    assert "new.txt" in scene.repo.files(scene.branch("l"))


def test_twice_is_like_once_and_the_first_work_is_kept_too(scene: Scene) -> None:
    two_lanes(scene)
    first = scene.task("b").commit
    scene.ask("reset", task="b")
    assert scene.resume().code == 5
    assert scene.task("b").attempt == 2
    scene.ask("reset", task="b")
    assert scene.repo.git("for-each-ref", f"--contains={first}", "refs/agentrelay/keep")
    lands_as_if_nothing_was(scene)


def test_a_failed_task_is_pending_again_without_what_it_left(scene: Scene) -> None:
    scene.graph(GRAPH.replace("LOG", str(scene.base / "log")).replace("do b,", "do b, agent: sad,"))
    assert scene.run().code == 1
    assert statuses(scene)["b"] == "failed"
    assert statuses(scene)["l"] == "failed"
    assert statuses(scene)["m"] == "failed"
    (scene.worktree("l").path / "by-hand.txt").write_text("found by a person\n")
    tip = scene.repo.head(scene.branch("l"))
    scene.ask("reset", task="b")
    assert told(scene) == BEFORE_B
    assert scene.task("b").error == ""
    assert scene.repo.head(scene.branch("l")) == tip
    assert scene.repo.find("agentrelay/g/l/task/b") is None
    assert scene.worktree("l").status() == ""
    kept = scene.repo.refs("refs/agentrelay/keep")
    assert any("by-hand.txt" in scene.repo.files(oid) for oid in kept.values())
    for lane in ("l", "m"):
        assert not (scene.folders.signals(lane) / "failed").exists()
    assert_nothing_lost(scene)


def test_commits_and_files_of_a_person_in_a_lane_are_kept(scene: Scene) -> None:
    two_lanes(scene)
    worktree = scene.worktree("l")
    worktree.git("checkout", "--quiet", scene.branch("l"))
    mine = worktree.commit({"mine.txt": "mine\n"}, "by a person")
    scene.worktree("m").write({"half.txt": "half\n"})
    scene.repo.git("checkout", "--quiet", "-b", "own")
    scene.repo.write({"README.md": "being edited\n", "new.txt": "mine\n"})
    checkout = (scene.repo.head("own"), scene.repo.status())
    scene.ask("reset", task="b")
    assert (scene.repo.head(), scene.repo.status()) == checkout
    assert scene.repo.git("branch", "--show-current") == "own"
    assert worktree.status() == scene.worktree("m").status() == ""
    assert scene.repo.git("for-each-ref", f"--contains={mine}", "refs/agentrelay/keep")
    kept = scene.repo.refs("refs/agentrelay/keep").values()
    halves = [oid for oid in kept if "half.txt" in scene.repo.files(oid)]
    assert [scene.repo.show("half.txt", oid) for oid in halves] == ["half"]
    assert_nothing_lost(scene)


@pytest.mark.parametrize("named", [{"task": "b"}, {"lane": "l"}])
def test_what_has_landed_is_refused_by_name(scene: Scene, named: dict[str, str]) -> None:
    two_lanes(scene)
    scene.approve("l")
    with pytest.raises(RequestRefusedError, match="lane l has landed: agentrelay revert g/l"):
        scene.ask("reset", **named)
    scene.ask("reset", task="y")
    assert statuses(scene)["y"] == "pending"


def test_what_a_person_merged_into_the_target_is_refused(scene: Scene) -> None:
    two_lanes(scene)
    scene.repo.git("merge", "--quiet", "--no-edit", scene.branch("l"))
    tip = scene.repo.head(scene.branch("l"))
    with pytest.raises(RequestRefusedError, match="main has work of lane l that would go"):
        scene.ask("reset", task="b")
    assert scene.repo.head(scene.branch("l")) == tip
    assert statuses(scene)["b"] == "merged"
    assert scene.lane("l").reset is None


def test_a_branch_that_a_person_works_on_elsewhere_is_left(scene: Scene) -> None:
    two_lanes(scene)
    elsewhere = scene.base / "elsewhere"
    scene.worktree("m").git("checkout", "--quiet", "--detach")
    scene.repo.git("worktree", "add", "--quiet", str(elsewhere), scene.branch("m"))
    before = scene.repo.refs("refs")
    with pytest.raises(RequestRefusedError, match=f"m/integration is checked out in {elsewhere}"):
        scene.ask("reset", task="b")
    assert scene.repo.refs("refs") == before
    assert statuses(scene)["b"] == "merged"
    TestRepo(elsewhere).git("checkout", "--quiet", "--detach")
    scene.ask("reset", task="b")
    assert statuses(scene)["b"] == "pending"


def test_ignored_files_that_are_too_much_to_keep_keep_a_lane(scene: Scene) -> None:
    large = "echo large/ > .gitignore; mkdir large; head -c 21000000 /dev/zero > large/model.bin"
    scene.simple(large, "auto_merge: false")
    assert scene.run().code == 5
    before = scene.repo.refs("refs")
    with pytest.raises(RequestRefusedError, match=r"large/model.bin \(21.0 MB\)"):
        scene.ask("reset", lane="l")
    assert scene.repo.refs("refs") == before
    assert (scene.worktree().path / "large" / "model.bin").exists()
    assert scene.lane().status.value == "pr_created"


def test_a_worktree_that_somebody_deleted_is_no_hindrance(scene: Scene) -> None:
    two_lanes(scene)
    for lane in ("l", "m"):
        shutil.rmtree(scene.worktree(lane).path)
    scene.ask("reset", task="b")
    assert_nothing_lost(scene)
    lands_as_if_nothing_was(scene)


def test_only_what_was_shown_goes_and_only_once(scene: Scene) -> None:
    two_lanes(scene)
    with pytest.raises(RequestRefusedError, match="what goes has changed since it was shown"):
        scene.ask("reset", task="b", approval={"goes": "b c lane:l"})
    scene.ask("reset", task="b", approval={"goes": "b c y lane:l lane:m"})
    with pytest.raises(RequestRefusedError, match="task b has not begun: there is nothing to"):
        scene.ask("reset", task="b")


def test_a_task_that_changed_nothing_is_not_taken_for_done_afterwards(scene: Scene) -> None:
    scene.graph(
        "agents: {w: {adapter: command, run: 'test $AGENTRELAY_TASK = a || echo b > b.txt'}}\n"
        "defaults: {agent: w}\nworkstreams: [{id: l}]\ntasks:\n"
        "  - {id: a, workstream_id: l, description: do a, allow_empty: true}\n"
        "  - {id: b, workstream_id: l, description: do b, dependencies: [a]}\n"
    )
    assert scene.run().code == 5
    assert scene.repo.refs("refs/agentrelay/done")
    scene.ask("reset", task="a")
    assert not scene.repo.refs("refs/agentrelay/done")
    assert_nothing_lost(scene)
    shutil.rmtree(scene.repo.path / ".workflow")
    assert scene.run().code == 5
    assert scene.snapshot.run == 2
    assert scene.task("a").source is None
    assert scene.task("b").source is None


def test_a_later_run_does_not_take_over_what_was_taken_back(scene: Scene) -> None:
    two_lanes(scene)
    scene.ask("reset", task="b")
    shutil.rmtree(scene.repo.path / ".workflow")
    assert scene.run().code == 5
    taken = {task.id for task in scene.snapshot.tasks.values() if task.source is not None}
    assert taken == {"a", "x"}
    assert worked(scene) == ["a", "b", "b", "c", "c", "x", "y", "y"]


def test_what_was_pushed_goes_back_where_it_is_as_we_left_it(
    repo: TestRepo, tmp_path: Path
) -> None:
    make_origin(repo, tmp_path / "origin.git")
    with scene_of(repo, tmp_path, publish="all") as scene:
        two_lanes(scene)
        origin = TestRepo(tmp_path / "origin.git")
        assert origin.head(scene.branch("l")) == repo.head(scene.branch("l"))
        before = scene.lane("l").merges[1][1]
        scene.ask("reset", task="b")
        assert origin.head(scene.branch("l")) == before
        scene.ask("reset", lane="l")
        assert origin.find(scene.branch("l")) is None


def test_what_somebody_pushed_to_a_lane_is_left_and_said(repo: TestRepo, tmp_path: Path) -> None:
    make_origin(repo, tmp_path / "origin.git")
    with scene_of(repo, tmp_path, publish="branches") as scene:
        two_lanes(scene)
        repo.git("push", "--quiet", str(tmp_path / "origin.git"), f"main:{scene.branch('l')}", "-f")
        said = scene.ask("reset", task="b")
        assert "origin's agentrelay/g/l/integration is left" in said
        assert TestRepo(tmp_path / "origin.git").head(scene.branch("l")) == repo.head("main")
        assert scene.task("b").status is TaskStatus.PENDING
