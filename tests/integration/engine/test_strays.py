"""What a person commits in a lane's worktree lands with the lane, or is told."""

from __future__ import annotations

import pytest
from tests.integration.engine.scene import Quiet, Scene

from agentrelay.app.taking_back import what_would_go
from agentrelay.errors import RequestRefusedError
from agentrelay.interfaces.cli.proposal import require_nothing_left_out


def polish(scene: Scene) -> None:
    worktree = scene.worktree()
    worktree.commit({"polish.txt": "by a person\n"}, "my polish")


def test_a_commit_beside_a_lane_that_waits_is_told_and_taken_in(scene: Scene) -> None:
    scene.simple("echo work > n", lane="auto_merge: false")
    assert scene.run().code == 5
    polish(scene)
    with pytest.raises(RequestRefusedError, match=r"'my polish'.*agentrelay retry g/l takes it in"):
        require_nothing_left_out(scene.place, scene.snapshot, scene.lane())
    scene.ask("retry", lane="l")
    require_nothing_left_out(scene.place, scene.snapshot, scene.lane())
    scene.approve("l")
    assert scene.repo.show("polish.txt", "main") == "by a person"
    assert scene.repo.show("n", "main") == "work"


def test_a_commit_in_conflict_with_its_lane_is_not_taken_in(scene: Scene) -> None:
    scene.simple("echo work > n", lane="auto_merge: false")
    assert scene.run().code == 5
    worktree = scene.worktree()
    worktree.git("checkout", "--quiet", "--detach", "main")
    worktree.commit({"n": "otherwise\n"}, "my own n")
    before = scene.lane().head
    scene.ask("retry", lane="l")
    kind, reason = scene.held()
    assert kind == "approval"
    assert "is in conflict with the lane" in reason
    assert scene.lane().head == before


def test_a_lane_that_lands_by_itself_waits_where_a_commit_would_be_left_out(scene: Scene) -> None:
    scene.simple("echo work > n")
    done = scene.run(Quiet({"effect.done task.merge": lambda _: polish(scene)}))
    assert done.code == 5
    kind, reason = scene.held()
    assert kind == "approval"
    assert "'my polish'" in reason
    scene.ask("retry", lane="l")
    assert scene.repo.show("polish.txt", "main") == "by a person"


def test_what_failed_attempts_left_is_nobodys_stray(scene: Scene) -> None:
    scene.graph(
        """
        agents: {w: {adapter: command, run: 'echo $AGENTRELAY_ATTEMPT > n; git add n;
          git -c user.name=a -c user.email=a@x commit -qm n; test $AGENTRELAY_ATTEMPT != 2'}}
        defaults: {agent: w, max_attempts: 1}
        workstreams: [{id: l}]
        tasks: [{id: a, workstream_id: l, description: do a}]
        """
    )
    assert scene.run().code == 5
    scene.ask("retry", task="a", text="again")
    scene.resume()
    assert scene.held()
    require_nothing_left_out(scene.place, scene.snapshot, scene.lane())


def test_a_reset_names_what_a_person_committed_beside_the_lane(scene: Scene) -> None:
    scene.simple("echo work > n", lane="auto_merge: false")
    assert scene.run().code == 5
    polish(scene)
    (lane,) = what_would_go(scene.place, scene.folders, 1, task=None, lane="l").lanes
    assert [commit.message.strip() for commit in lane.by_people] == ["my polish"]
