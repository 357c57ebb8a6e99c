"""What fsck proves of real runs, and that it notices what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.engine.scene import Quiet, Scene

from agentrelay.app.fsck import Checked, check

TWICE = "echo $AGENTRELAY_TURN >> n"
GATES = "gates: [{name: twice, run: test $(wc -l < n) -ge 2}]"


def checked(scene: Scene) -> Checked:
    return check(scene.place)


def whats(scene: Scene) -> list[str]:
    return [f"{each.whose}: {each.what}" for each in checked(scene).problems]


def test_every_state_of_a_run_with_a_red_gate_is_there(scene: Scene) -> None:
    scene.simple(TWICE, "auto_merge: true", GATES)
    assert scene.run().code == 0
    scene.repo.git("reflog", "expire", "--expire=now", "--all")
    scene.repo.git("gc", "--quiet", "--prune=now")
    found = checked(scene)
    assert found.problems == []
    assert [(run.attempts, run.merged, run.landed) for run in found.runs] == [(1, 1, 1)]
    assert found.runs[0].states >= 6
    assert found.pins >= 4


def test_what_is_done_was_green_as_the_very_tree_that_was_merged(scene: Scene) -> None:
    lane = "auto_merge: true, gates: [{name: all, run: test -e n}]"
    moved = {"lane.ready": lambda _: scene.repo.commit({"other": "x\n"})}
    scene.simple(TWICE, lane, GATES)
    assert scene.run(Quiet(moved)).code == 0
    green: dict[str, set[str]] = {}
    for event in (e for e in scene.events("gate.ended") if e.data["passed"]):
        record = json.loads((Path(event.data["log"]).parent / "gate.json").read_bytes())
        green.setdefault(record["gate"], set()).add(record["tree"])
    for gate, commit in (("twice", scene.task().commit), ("all", scene.lane().landed)):
        assert scene.repo.git("rev-parse", f"{commit}^{{tree}}") in green[gate]


def test_what_an_agent_left_of_a_failed_attempt_outlives_a_collection_of_garbage(
    scene: Scene,
) -> None:
    scene.simple("echo tracked > n; git add n; git commit -qm n; echo more > m; exit 3")
    assert scene.run().code == 1
    scene.ask("clean", lane="l")
    scene.repo.git("reflog", "expire", "--expire=now", "--all")
    scene.repo.git("gc", "--quiet", "--prune=now")
    assert whats(scene) == []
    pin = "refs/agentrelay/keep/g/1/l/a/1/1-rest"
    assert (scene.repo.show("n", pin), scene.repo.show("m", pin)) == ("tracked", "more")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("1-candidate", "its merge is in no ref"),
        ("1-rest", "what it left is in no ref"),
    ],
)
def test_a_pin_that_is_gone_is_missed(scene: Scene, pattern: str, said: str) -> None:
    agent = TWICE if pattern == "1-candidate" else "echo x > n; exit 3"
    scene.simple(agent, "auto_merge: true", GATES)
    scene.run()
    for ref in scene.repo.refs("refs/agentrelay/keep"):
        if pattern in ref:
            scene.repo.git("update-ref", "-d", ref)
    assert [each for each in whats(scene) if said in each]


def test_commits_that_git_has_lost_are_named(scene: Scene) -> None:
    scene.simple("echo x > n; exit 3")
    scene.run()
    pin = "refs/agentrelay/keep/g/1/l/a/1/1-rest"
    oid = scene.repo.head(pin)
    (scene.repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    problems = checked(scene).problems
    assert {each.commit for each in problems} == {oid}
    assert {each.whose for each in problems} == {pin, "task a, attempt 1"}


def test_a_pin_whose_files_are_gone_is_named(scene: Scene) -> None:
    scene.simple("echo only here > n; exit 3")
    scene.run()
    pin = "refs/agentrelay/keep/g/1/l/a/1/1-rest"
    blob = scene.repo.git("rev-parse", f"{pin}:n")
    (scene.repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert whats(scene) == [f"{pin}: its objects are not all there"]


def test_a_target_that_was_reset_behind_a_landed_lane_is_noticed(scene: Scene) -> None:
    start = scene.repo.head()
    scene.simple("echo x > n")
    assert scene.run().code == 0
    scene.repo.git("reset", "--quiet", "--hard", start)
    assert whats(scene) == ["lane l: has landed, but is not in main"]


def test_a_lane_whose_branch_lost_a_done_task_is_noticed(scene: Scene) -> None:
    start = scene.repo.head()
    scene.simple("echo x > n", "auto_merge: false")
    assert scene.run().code == 5
    scene.worktree().git("checkout", "--quiet", "--detach")
    scene.repo.git("update-ref", f"refs/heads/{scene.branch()}", start)
    assert [each for each in whats(scene) if each.startswith("task a: is done, but not in lane l")]


def test_earlier_runs_are_proved_too(scene: Scene) -> None:
    scene.simple("echo $RANDOM > n; exit 3")
    scene.run()
    scene.run(fresh=True)
    assert [run.run for run in checked(scene).runs] == [1, 2]
    assert whats(scene) == []
    scene.repo.git("update-ref", "-d", "refs/agentrelay/keep/g/1/l/a/1/1-rest")
    assert [(each.run, each.whose) for each in checked(scene).problems] == [
        (1, "task a, attempt 1")
    ]
