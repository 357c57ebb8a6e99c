"""What the first people who tried it ran into: nothing of theirs is lost, nothing is a dead end."""

from __future__ import annotations

from tests.integration.engine.scene import Quiet, Scene

from agentrelay.journal.store import read_events

RED = "auto_merge: true, gates: [{name: all, run: 'grep -q fixed n'}]"


def test_a_task_whose_agent_destroys_its_worktree_fails_by_name_and_loses_no_file(
    scene: Scene,
) -> None:
    scene.simple("echo 1 > n; rm -rf .git")
    scene.run()
    assert scene.task().status.value == "failed"
    assert "the worktree was deleted" in scene.task().error
    assert len(list(read_events(scene.folders.run(1).journal))) < 120
    pins = "refs/agentrelay/keep/g/_lanes/l/salvaged*"
    kept = scene.repo.git("for-each-ref", "--format=%(refname)", pins).splitlines()
    assert any("n" in scene.repo.files(pin) for pin in kept)


def test_a_persons_commit_beside_the_lane_is_pinned_before_an_agent_goes_on(scene: Scene) -> None:
    scene.simple("echo $AGENTRELAY_ATTEMPT > n", RED)
    scene.run()
    scene.ask("retry", lane="l")
    mine = scene.worktree().commit({"n": "fixed\n"}, "my fix, a moment too late")
    scene.resume()
    kept = scene.repo.git("for-each-ref", "--contains", mine, "refs/agentrelay/keep")
    assert mine in kept


def test_an_uncommitted_fix_keeps_the_lane_waiting_and_is_said(scene: Scene) -> None:
    scene.simple("echo bad > n", RED)
    scene.run()
    scene.worktree().write({"n": "fixed\n"})
    scene.ask("retry", lane="l")
    kind, reason = scene.held()
    assert kind == "red_gate"
    assert "uncommitted changes" in reason
    scene.worktree().git("commit", "-qam", "my fix")
    scene.ask("retry", lane="l")
    assert scene.repo.show("n", "main") == "fixed"


def test_a_lane_that_waits_for_an_approval_can_be_judged_anew(scene: Scene) -> None:
    scene.simple("echo agent > README.md", "auto_merge: false")
    scene.run(Quiet())
    assert scene.held()[0] == "approval"
    scene.repo.commit({"README.md": "person\n"})
    scene.ask("retry", lane="l")
    kind, reason = scene.held()
    assert kind == "conflict"
    assert "git merge" in reason


def test_work_that_was_merged_outlives_a_rejection_that_came_to_nothing(scene: Scene) -> None:
    scene.simple("echo same > n", "auto_merge: true, gates: [{name: all, run: test -f other}]")
    scene.run()
    scene.ask("reject", lane="l", text="more, please")
    scene.ask("retry", lane="l")
    scene.resume()
    assert scene.task().status.value == "merged"
    assert scene.lane().status.value == "pr_created"
    assert scene.held()[0] == "red_gate"
    assert scene.repo.show("n", scene.branch()) == "same"
