"""A new run takes over what is done by evidence: after an edit, and after a deletion of files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping

import pytest
from tests.integration.engine.scene import Quiet, Scene, until

from agentrelay._shared import locks
from agentrelay.app.beginning import rebuild_run
from agentrelay.app.running import carry_on
from agentrelay.engine.run_refs import kept_runs
from agentrelay.engine.runs import lock_held
from agentrelay.errors import GraphChangedError, RequestRefusedError, UnknownNameError

HEAD = """\
agents:
  w: {adapter: command, run: 't=$AGENTRELAY_TASK; echo $t >> $t.txt; echo $t >> LOG'}
  nop: {adapter: command, run: 'echo $AGENTRELAY_TASK >> LOG'}
  sad: {adapter: command, run: exit 3}
defaults: {agent: w, max_attempts: 1}
"""


def graph(scene: Scene, tasks: Mapping[str, str], lanes: str = "{id: l, auto_merge: true}") -> None:
    """Write a graph of tasks, given as YAML by id; each is in lane ``l`` unless it says so."""
    lines = [HEAD.replace("LOG", str(scene.base / "log")), f"workstreams: [{lanes}]", "tasks:"]
    for name, more in tasks.items():
        lane = "" if "workstream_id" in more else ", workstream_id: l"
        about = "" if "description" in more else f", description: do {name}"
        lines.append(f"  - {{id: {name}{lane}{about}{more and ', ' + more}}}")
    scene.graph("\n".join(lines))


def worked(scene: Scene) -> list[str]:
    """Return which tasks an agent worked at, in order."""
    return (scene.base / "log").read_text().split()


def statuses(scene: Scene) -> dict[str, str]:
    s = scene.snapshot
    return {each.id: each.status.value for each in (*s.lanes.values(), *s.tasks.values())}


def delete(scene: Scene, *folders: str) -> None:
    """Delete folders once supervisors have ended: the last one may still remove a file of its own.

    Its outcome can be seen before that.
    """
    places = scene.folders.places
    until(lambda: not any(map(locks.is_held, places.glob("*.lock"))), "supervisors to end")
    for folder in folders:
        shutil.rmtree(scene.repo.path / folder)


WAITS = "{id: l}"


def test_an_added_task_is_run_and_nothing_that_is_done_is(scene: Scene) -> None:
    graph(scene, {"a": ""}, WAITS)
    assert scene.run().code == 5
    graph(scene, {"a": "", "b": "dependencies: [a]"}, WAITS)
    with pytest.raises(
        GraphChangedError, match=r"unfinished run 1:\n  task b: added\n  1 of 2 tas"
    ):
        scene.run()
    assert scene.run(accepts_changes=True).code == 5
    assert worked(scene) == ["a", "b"]
    assert scene.snapshot.run == 2
    assert scene.task("a").source == {"run": 1, "attempt": 1, "task": "a"}
    scene.approve("l")
    assert scene.repo.show("a.txt", "main") == "a"
    assert scene.repo.show("b.txt", "main") == "b"
    assert (scene.folders.run(1).root / "workstreams" / "l" / "pr_created").exists()


def test_a_task_added_to_a_landed_lane_makes_the_lane_anew(scene: Scene) -> None:
    graph(scene, {"a": ""})
    assert scene.run().code == 0
    scene.repo.commit({"other": "x\n"})
    graph(scene, {"a": "", "b": ""})
    with pytest.raises(GraphChangedError, match="task b: added"):
        scene.run()
    assert scene.run(accepts_changes=True).code == 0
    assert worked(scene) == ["a", "b"]
    assert scene.lane().epoch == 2
    assert scene.repo.show("b.txt", "main") == "b"
    titles = scene.repo.git("log", "--merges", "--format=%s", "main").splitlines()
    assert titles == [
        "Land l on main",
        "Merge task b into l",
        "Land l on main",
        "Merge task a into l",
    ]


def test_a_renamed_task_is_taken_over_and_shown_as_that(scene: Scene) -> None:
    graph(scene, {"a": "description: the work", "b": "dependencies: [a]"}, WAITS)
    scene.run()
    graph(scene, {"z": "description: the work", "b": "dependencies: [z]"}, WAITS)
    with pytest.raises(GraphChangedError, match="task z: is task a renamed"):
        scene.run()
    assert scene.run(accepts_changes=True).code == 5
    assert worked(scene) == ["a", "b"]
    assert statuses(scene) == {"l": "pr_created", "z": "merged", "b": "merged"}


def test_an_edited_task_is_done_again_with_what_depends_on_it(scene: Scene) -> None:
    graph(scene, {"a": "", "b": "dependencies: [a]", "c": ""}, WAITS)
    scene.run()
    graph(scene, {"a": "description: better", "b": "dependencies: [a]", "c": ""}, WAITS)
    with pytest.raises(GraphChangedError) as told:
        scene.run()
    assert "task a: is done again, on top of its earlier work" in told.value.message
    assert "task b: is done again, because it depends on a" in told.value.message
    assert scene.run(accepts_changes=True).code == 5
    assert worked(scene) == ["a", "b", "c", "a", "b"]
    assert scene.repo.show("a.txt", scene.branch()) == "a\na"


def test_an_edited_task_that_finds_nothing_left_to_do_is_done(scene: Scene) -> None:
    once = HEAD.replace("defaults", "  once: {adapter: command, run: echo x > once}\ndefaults")
    tasks = (
        "workstreams: [{id: l}]\ntasks: [{id: a, workstream_id: l, agent: once, description: D}]"
    )
    scene.graph(once + tasks.replace("D", "one"))
    scene.run()
    scene.graph(once + tasks.replace("D", "two"))
    assert scene.run(accepts_changes=True).code == 5
    assert statuses(scene) == {"l": "pr_created", "a": "merged"}


def test_a_removed_task_s_work_stays_and_that_is_said(scene: Scene) -> None:
    graph(scene, {"a": "", "b": ""}, WAITS)
    scene.run()
    graph(scene, {"b": ""}, WAITS)
    with pytest.raises(
        GraphChangedError, match=r"task a: removed\n  task a: its work stays in lane l"
    ):
        scene.run()
    assert scene.run(accepts_changes=True).code == 5
    assert scene.repo.show("a.txt", scene.branch()) == "a"


def test_work_is_no_evidence_for_a_task_with_a_new_dependency(scene: Scene) -> None:
    graph(scene, {"a": ""}, WAITS)
    scene.run()
    graph(scene, {"a": "dependencies: [n]", "n": ""}, WAITS)
    assert scene.run(accepts_changes=True).code == 5
    assert worked(scene) == ["a", "n", "a"]


def by_git(scene: Scene) -> None:
    """Clean the checkout as people do who want it as it was cloned."""
    delete(scene)
    scene.repo.git("clean", "--quiet", "-ffdx")


@pytest.mark.parametrize(
    "damage", [by_git, lambda scene: delete(scene, ".workflow", ".worktrees")], ids=["git", "rm"]
)
def test_a_deleted_state_folder_costs_no_work(
    scene: Scene, damage: Callable[[Scene], None]
) -> None:
    other = "{id: l, auto_merge: true}, {id: m}"
    tasks = {"a": "", "b": "workstream_id: m, dependencies: [a]", "c": "workstream_id: m"}
    graph(scene, tasks, other)
    assert scene.run().code == 5
    before = scene.repo.head("main"), scene.repo.head(scene.branch("m"))
    damage(scene)
    assert not scene.folders.root.exists()
    assert scene.run().code == 5
    assert sorted(worked(scene)) == ["a", "b", "c"]
    assert scene.snapshot.run == 2
    assert statuses(scene) == {**dict.fromkeys("abc", "merged"), "l": "merged", "m": "pr_created"}
    assert (scene.repo.head("main"), scene.repo.head(scene.branch("m"))) == before
    assert scene.worktree("m").path.is_dir()
    scene.approve("m")
    assert scene.repo.show("b.txt", "main") == "b"


def test_resume_needs_no_file_at_all(scene: Scene) -> None:
    graph(
        scene, {"a": "", "b": "dependencies: [a], agent: sad", "e": "allow_empty: true, agent: nop"}
    )
    assert scene.run().code == 1
    delete(scene, ".workflow")
    (scene.base / "g.yaml").unlink()
    with lock_held(scene.folders):
        assert rebuild_run(scene.place, scene.folders) == 2
        ended = carry_on(scene.place, "g", 2, Quiet())
    assert ended.code == 1
    assert sorted(worked(scene)) == ["a", "e"]
    assert statuses(scene) == {"l": "failed", "a": "merged", "b": "failed", "e": "merged"}
    assert [run.number for run in kept_runs(scene.place.repo.git, "g")] == [1, 2]


def test_a_concern_still_keeps_a_lane_whose_files_were_deleted(scene: Scene) -> None:
    scene.simple("echo work > n; SAY concern 'look at\nthis'")
    assert scene.run().code == 5
    delete(scene, ".workflow")
    assert scene.run().code == 5
    assert scene.held() == ("approval", "approve lane l, it has a concern (a: look at this)")


def test_work_of_before_a_fresh_start_is_no_evidence(scene: Scene) -> None:
    graph(scene, {"a": "", "b": "dependencies: [a]"}, WAITS)
    scene.run()
    graph(scene, {"a": "", "b": "dependencies: [a], agent: sad"}, WAITS)
    assert scene.run(fresh=True).code == 1
    assert worked(scene) == ["a", "b", "a"]
    delete(scene, ".workflow")
    graph(scene, {"a": "", "b": "dependencies: [a]"}, WAITS)
    assert scene.run(accepts_changes=True).code == 5
    assert worked(scene) == ["a", "b", "a", "b"]


def test_what_an_earlier_run_left_on_a_task_s_branch_is_pinned(scene: Scene) -> None:
    scene.simple(
        "git add -A; echo mine > mine; git add mine; git commit -qm mine; echo d > dirty; exit 3"
    )
    assert scene.run().code == 1
    delete(scene, ".workflow", ".worktrees")
    scene.run()
    kept = scene.repo.git("log", "--format=%s", "--glob=refs/agentrelay/keep").splitlines()
    assert "mine" in kept


def test_an_agent_whose_files_were_deleted_is_ended_before_another_one_starts(scene: Scene) -> None:
    hold = scene.base / "hold"
    pids = scene.base / "pids"
    scene.simple(f"echo $$ >> {pids}; while test -e {hold}; do sleep 0.05; done; echo x > n")
    hold.touch()
    pid = os.fork()
    if pid == 0:
        try:
            scene.run()
        finally:
            os._exit(0)
    until(pids.exists, "the agent to work")
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    first = int(pids.read_text())
    shutil.rmtree(scene.repo.path / ".workflow")

    def no_two_live(_: object) -> None:
        assert not os.path.exists(f"/proc/{first}"), "two agents of one lane live"
        hold.unlink()

    assert scene.run(Quiet({"effect.done attempt.start": no_two_live})).code == 0
    assert scene.repo.show("n", "main") == "x"


def test_only_the_tasks_that_are_named_are_begun(scene: Scene) -> None:
    graph(scene, {"a": "", "b": "dependencies: [a]", "c": ""})
    assert scene.run(only=frozenset("c")).code == 0
    assert worked(scene) == ["c"]
    assert statuses(scene) == {"l": "active", "a": "pending", "b": "pending", "c": "merged"}
    with pytest.raises(RequestRefusedError, match="b needs what is not done: a"):
        scene.chosen("b")
    assert scene.chosen("b", widen=True) == frozenset("ab")
    assert scene.resume().code == 0
    assert worked(scene) == ["c", "a", "b"]
    assert scene.chosen("b") == frozenset("b")


def test_a_chosen_task_that_failed_needs_a_retry_first(scene: Scene) -> None:
    graph(scene, {"a": "agent: sad", "b": ""})
    assert scene.run(only=frozenset("a")).code == 1
    assert statuses(scene) == {"l": "active", "a": "failed", "b": "pending"}
    with pytest.raises(RequestRefusedError, match="task a is failed: it needs another attempt"):
        scene.chosen("a")
    with pytest.raises(UnknownNameError, match="there is no task"):
        scene.chosen("nothing")
