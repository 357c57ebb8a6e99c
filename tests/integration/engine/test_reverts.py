"""A landed lane is taken back out of its target: exactly its merge, on top of it, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.gitrepo import TestRepo, make_origin
from tests.integration.engine.scene import Quiet, Scene, scene_of
from tests.replays import assert_runs_replay

from agentrelay.app.fsck import check
from agentrelay.app.running import carry_on
from agentrelay.engine.inbox import Request, send
from agentrelay.engine.runs import lock_held
from agentrelay.errors import RequestRefusedError
from agentrelay.journal.event import Event

HEAD = """\
agents:
  w: {adapter: command, run: 't=$AGENTRELAY_TASK; echo $t >> $t.txt; echo $t >> LOG'}
defaults: {agent: w, max_attempts: 1}
"""
ONE = """\
workstreams: [{id: l, auto_merge: true}]
tasks: [{id: a, workstream_id: l, description: do a}]
"""
TWO = """\
workstreams:
  - {id: l, auto_merge: true GATES}
  - {id: m, auto_merge: MERGES}
tasks:
  - {id: a, workstream_id: l, description: do a}
  - {id: b, workstream_id: m, description: do b DEPENDS}
"""


def landed(scene: Scene, lanes: str = ONE, code: int = 0) -> None:
    """Run a graph whose lanes land."""
    scene.graph(HEAD.replace("LOG", str(scene.base / "log")) + lanes)
    assert scene.run().code == code


def two(gates: str = "", merges: str = "true", depends: str = "") -> str:
    return TWO.replace("GATES", gates).replace("MERGES", merges).replace("DEPENDS", depends)


def revert(scene: Scene, lane: str = "l", text: str = "") -> str:
    approval = {"landed": str(scene.lane(lane).landed)}
    return scene.ask("revert", lane=lane, text=text, approval=approval)


def refusal(scene: Scene, lane: str = "l") -> str:
    """Ask for a revert that is refused, and see that nothing at all was changed by it."""
    before = (scene.repo.head("main"), scene.repo.status(), scene.lane(lane).status)
    with pytest.raises(RequestRefusedError) as refused:
        revert(scene, lane)
    assert (scene.repo.head("main"), scene.repo.status(), scene.lane(lane).status) == before
    assert scene.lane(lane).reverting is None
    assert not scene.snapshot.landing
    return refused.value.message


def test_a_revert_undoes_exactly_the_merge_by_a_commit_on_top(scene: Scene) -> None:
    landed(scene, two())
    tip = scene.repo.commit({"own.txt": "a person's\n"})
    said = revert(scene, text="breaks it")
    made = scene.repo.head("main")
    assert said == f"lane l is reverted on main as {made[:10]}"
    assert scene.repo.head("main^1") == tip
    assert scene.repo.git("diff", "--name-status", tip, made) == "D\ta.txt"
    assert scene.repo.files("main") == ["README.md", "b.txt", "own.txt"]
    message = scene.repo.git("log", "-1", "--format=%B", "main")
    assert message.startswith('Revert "Land l on main"\n\nThis reverts commit ')
    assert "breaks it" in message
    # It was checked out, and was brought along.
    assert scene.repo.status() == ""
    assert not (scene.repo.path / "a.txt").exists()


def test_the_lane_stays_merged_and_that_it_was_reverted_is_told(scene: Scene) -> None:
    landed(scene)
    revert(scene)
    lane = scene.lane()
    assert lane.status.value == "merged"
    assert lane.torn_down
    assert lane.reverted is not None
    assert lane.reverted["commit"] == scene.repo.head("main")
    assert lane.reverted["by"] == "ann"
    signals = {path.name for path in scene.folders.signals("l").iterdir()}
    assert signals == {"pending", "active", "merge_ready", "pr_created", "merged"}
    assert scene.snapshot.finished == 0
    assert not check(scene.place).problems
    requests = scene.place.forge().list()
    assert requests[0].head_branch == "agentrelay/g/l/revert"
    assert {request.status.value for request in requests} == {"merged"}
    history = scene.place.forge().history(lane.number or 0)
    assert (history[-1].kind, history[-1].by) == ("remarked", "ann")
    assert scene.repo.head("main") in history[-1].note
    assert refusal(scene) == f"lane l is reverted already: {scene.repo.head('main')[:10]}"


def test_a_conflict_names_the_files_and_what_is_done_by_hand_is_noted(scene: Scene) -> None:
    landed(scene)
    scene.repo.commit({"a.txt": "a\nand more\n"})
    commit = scene.lane().landed
    said = refusal(scene)
    assert "a.txt: changed on main since; git revert -m 1 " in said
    scene.repo.git("revert", "-m", "1", "--no-edit", str(commit), check=False)
    scene.repo.git("rm", "--quiet", "-f", "a.txt", check=False)
    scene.repo.git("commit", "--quiet", "--no-edit")
    made = scene.repo.head("main")
    scene.repo.commit({"later": "x\n"})
    assert revert(scene) == f"lane l is reverted on main as {made[:10]}; it was reverted by hand"
    assert scene.repo.files("main") == ["README.md", "later"]
    assert (scene.lane().reverted or {})["commit"] == made


def test_lanes_that_landed_on_top_and_depend_on_it_go_first(scene: Scene) -> None:
    landed(scene, two(depends=", dependencies: [a]"))
    assert refusal(scene) == (
        "lane m has landed on top of lane l, which it needs: revert that first"
    )
    revert(scene, "m")
    revert(scene, "l")
    assert scene.repo.files("main") == ["README.md"]


def test_a_lane_that_depends_on_a_reverted_one_waits_for_a_person(scene: Scene) -> None:
    landed(scene, two(merges="false", depends=", dependencies: [a]"), 5)
    scene.ask("retry", lane="m")
    revert(scene)
    scene.ask("retry", lane="m")
    assert scene.held("m") == ("upstream", "lane l, on which it depends, was reverted")
    approval = {"head": str(scene.lane("m").head), "merge_base": "", "target_tip": "", "tree": ""}
    scene.ask("approve", lane="m", approval=approval)
    assert scene.repo.files("main") == ["README.md", "b.txt"]


def test_a_lane_that_has_not_landed_or_landed_nothing_is_not_reverted(scene: Scene) -> None:
    landed(scene, two(merges="false"), 5)
    with pytest.raises(RequestRefusedError, match="lane m has not landed, it is pr_created: agen"):
        revert(scene, "m")
    approval = {"landed": "0" * 40}
    with pytest.raises(RequestRefusedError, match="landed anew since it was shown"):
        scene.ask("revert", lane="l", approval=approval)
    with pytest.raises(RequestRefusedError, match="does not say which landing"):
        scene.ask("revert", lane="l")


def test_what_the_target_had_already_is_nobodys_to_revert(scene: Scene) -> None:
    landed(scene, two(merges="false"), 5)
    scene.repo.git("merge", "--quiet", "--no-edit", scene.branch("m"))
    scene.ask("retry", lane="m")
    assert scene.lane("m").status.value == "merged"
    assert "main contained it already: no merge of ours brought it there" in refusal(scene, "m")


def test_nothing_is_reverted_where_a_gate_is_red_on_the_result(scene: Scene) -> None:
    landed(scene, two(gates=", gates: [{name: has-a, run: test -e a.txt}]"))
    said = refusal(scene)
    assert said == (
        'lane l is not reverted, nothing was changed: without it, gate "has-a" is red: exit code 1'
    )
    assert scene.lane().torn_down
    assert not scene.repo.git("worktree", "list").count(".worktrees")


def test_gates_judge_the_very_commit_that_takes_the_lane_back(scene: Scene) -> None:
    seen = scene.base / "seen"
    gate = f", gates: [{{name: g, run: 'git rev-parse HEAD >> {seen}'}}]"
    landed(scene, two(gates=gate))
    revert(scene)
    assert seen.read_text().split()[-1] == scene.repo.head("main")
    assert scene.lane().torn_down
    assert scene.repo.refs("refs/heads").keys() == {"refs/heads/main"}


def test_a_target_that_moves_meanwhile_is_reverted_on_again(scene: Scene) -> None:
    landed(scene, two(gates=", gates: [{name: g, run: 'true'}]"))
    approval = {"landed": str(scene.lane().landed)}
    request = Request("01J0000000000000000000000A", "revert", "ann", "l", None, "", approval)
    send(scene.folders.inbox, scene.folders.wake, request)

    def move(_: Event) -> None:
        scene.repo.commit({"own.txt": "meanwhile\n"})

    with lock_held(scene.folders):
        narrator = Quiet({"effect.intent revert.land": move})
        carry_on(scene.place, "g", 1, narrator, mode="landing")
    assert scene.kinds()[-7:] == [
        "revert.make",
        "gate.start",
        "revert.land",
        "revert.make",
        "gate.start",
        "revert.land",
        "lane.teardown",
    ]
    assert scene.repo.files("main") == ["README.md", "b.txt", "own.txt"]
    statuses = [request.status.value for request in scene.place.forge().list()]
    assert statuses[:2] == ["merged", "closed"]


def test_local_changes_in_the_way_are_named_and_stay(scene: Scene) -> None:
    landed(scene)
    scene.repo.write({"a.txt": "being edited\n"})
    said = refusal(scene)
    assert "in the way of landing:" in said
    assert (scene.repo.path / "a.txt").read_text() == "being edited\n"
    scene.repo.git("checkout", "--quiet", "a.txt")
    revert(scene)
    assert scene.repo.files("main") == ["README.md"]


@pytest.fixture
def origin(repo: TestRepo, tmp_path: Path) -> TestRepo:
    return make_origin(repo, tmp_path / "origin.git")


def test_with_publish_all_one_push_takes_it_back_and_the_local_branch_follows(
    repo: TestRepo, origin: TestRepo, tmp_path: Path
) -> None:
    with scene_of(repo, tmp_path, publish="all") as scene:
        landed(scene)
        revert(scene)
        made = repo.head("main")
        assert origin.head("main") == made
        assert repo.files("main") == ["README.md"]
        assert repo.status() == ""
    assert_runs_replay(repo.path)


def test_with_publish_all_what_only_origin_has_counts(
    repo: TestRepo, origin: TestRepo, tmp_path: Path
) -> None:
    with scene_of(repo, tmp_path, publish="all") as scene:
        landed(scene)
        repo.commit({"mine.txt": "not pushed\n"})
        said = revert(scene)
        assert "the local branch was left: local main has own commits" in said
        assert origin.files("main") == ["README.md"]
        assert repo.files("main") == ["README.md", "a.txt", "mine.txt"]
        # What is done is known by the target, not by the change request, which could not be merged.
        again = scene.run(accepts_changes=True)
        assert again.snapshot.run == 2
        assert (tmp_path / "log").read_text().split() == ["a", "a"]


def test_reverted_work_is_done_anew_where_that_is_asked_for(scene: Scene) -> None:
    landed(scene, two())
    revert(scene)
    assert scene.run().snapshot.run == 1
    assert scene.run(accepts_changes=True).snapshot.run == 2
    assert sorted((scene.base / "log").read_text().split()) == ["a", "a", "b"]
    assert scene.repo.files("main") == ["README.md", "a.txt", "b.txt"]
    assert scene.lane().reverted is None
    assert not check(scene.place).problems


def test_a_revert_that_was_reverted_by_hand_counts_as_landed(scene: Scene) -> None:
    landed(scene)
    first = scene.lane().landed
    revert(scene)
    scene.repo.git("revert", "--no-edit", "HEAD")
    assert scene.run(accepts_changes=True).snapshot.run == 2
    assert (scene.base / "log").read_text().split() == ["a"]
    assert scene.lane().landed == first
    assert scene.repo.files("main") == ["README.md", "a.txt"]


def test_what_a_person_reverted_by_hand_is_not_taken_over_as_done(scene: Scene) -> None:
    landed(scene, two())
    scene.repo.git("revert", "--no-edit", "-m", "1", str(scene.lane().landed))
    added = "  - {id: c, workstream_id: m, description: do c}\n"
    scene.graph(HEAD.replace("LOG", str(scene.base / "log")) + two() + added)
    assert scene.run(accepts_changes=True).snapshot.run == 2
    assert sorted((scene.base / "log").read_text().split()) == ["a", "a", "b", "c"]
    assert scene.repo.files("main") == ["README.md", "a.txt", "b.txt", "c.txt"]
