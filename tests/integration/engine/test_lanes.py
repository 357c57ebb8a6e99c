"""What becomes of a lane: judged, kept for people, landed, sent back."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.gitrepo import TestRepo, make_origin
from tests.integration.engine.scene import Quiet, Scene, scene_of

from agentrelay.errors import RequestRefusedError
from agentrelay.task.core.task import TaskStatus

WRITES = "echo work > n"


def test_a_lane_waits_for_an_approval_and_lands_exactly_what_was_shown(scene: Scene) -> None:
    scene.simple(WRITES, "auto_merge: false")
    assert scene.run().code == 5
    assert scene.held() == ("approval", "approve lane l")
    shown = (scene.lane().candidate or {})["commit"]
    assert scene.approve("l") == "lane l is approved"
    assert scene.repo.head("main") == shown
    assert scene.lane().torn_down
    assert scene.repo.status() == ""
    assert (scene.repo.path / "n").read_text() == "work\n"


def test_an_approval_of_what_has_changed_is_refused(scene: Scene) -> None:
    scene.simple(WRITES, "auto_merge: false")
    scene.run()
    approval = {"head": "0" * 40, "merge_base": "", "target_tip": "", "tree": ""}
    with pytest.raises(RequestRefusedError, match="has changed since it was shown"):
        scene.ask("approve", lane="l", approval=approval)
    with pytest.raises(RequestRefusedError, match="does not say what it is for"):
        scene.ask("approve", lane="l")


def test_a_concern_keeps_an_automatic_lane_for_a_person(scene: Scene) -> None:
    scene.simple(WRITES + "; SAY concern 'the API may change'; SAY concern 'the API may change'")
    assert scene.run().code == 5
    assert scene.held() == (
        "approval",
        "approve lane l, it has a concern (a: the API may change)",
    )
    assert scene.task().concerns == ["the API may change"]


def test_a_conflict_with_the_target_is_resolved_by_a_person_and_lands(scene: Scene) -> None:
    scene.simple("echo agent > README.md", "auto_merge: true")
    moved = {"lane.ready": lambda _: scene.repo.commit({"README.md": "person\n"})}
    assert scene.run(Quiet(moved)).code == 5
    kind, reason = scene.held()
    assert kind == "conflict"
    assert reason.startswith("conflict: README.md: lane l and main (")
    scene.ask("retry", lane="l")
    assert "no new commit was found" in scene.held()[1]
    worktree = scene.worktree()
    assert worktree.git("branch", "--show-current") == scene.branch()
    worktree.git("merge", "main", check=False)
    worktree.commit({"README.md": "both\n"}, "resolved")
    scene.ask("retry", lane="l")
    assert scene.lane().status.value == "merged"
    assert scene.repo.show("README.md", "main") == "both"
    assert scene.repo.status() == ""


def test_a_resolution_that_drops_a_side_is_named_and_does_not_land_by_itself(scene: Scene) -> None:
    scene.simple("echo agent > README.md", "auto_merge: true")
    theirs = {"README.md": "person\n", "more.txt": "theirs\n"}
    assert scene.run(Quiet({"lane.ready": lambda _: scene.repo.commit(theirs)})).code == 5
    tip = scene.repo.head("main")
    scene.worktree().git("merge", "--quiet", "--strategy=ours", "main")
    scene.ask("retry", lane="l")
    kind, reason = scene.held()
    assert kind == "approval"
    assert f"README.md: as in {scene.worktree().head('HEAD^1')}, without what {tip}" in reason
    assert scene.repo.head("main") == tip


def test_uncommitted_changes_of_a_person_are_not_taken_over(scene: Scene) -> None:
    scene.simple("echo agent > README.md", "auto_merge: true")
    moved = {"lane.ready": lambda _: scene.repo.commit({"README.md": "person\n"})}
    scene.run(Quiet(moved))
    worktree = scene.worktree()
    worktree.commit({"other": "x\n"})
    worktree.write({"README.md": "half\n"})
    scene.ask("retry", lane="l")
    assert "has uncommitted changes: commit or discard them" in scene.held()[1]
    assert (worktree.path / "README.md").read_text() == "half\n"


def test_a_red_lane_gate_goes_back_to_the_last_task_with_its_reason(scene: Scene) -> None:
    scene.simple(
        """
        if test $AGENTRELAY_ATTEMPT = 1; then echo bad > n
        else cat "$AGENTRELAY_FEEDBACK" > told; echo good > n; fi
        """,
        "auto_merge: true, gates: [{name: all, run: 'echo see here; grep -q good n'}]",
    )
    assert scene.run().code == 5
    assert scene.held() == ("red_gate", 'gate "all" is red: exit code 1')
    assert scene.repo.files("main") == ["README.md"]
    scene.ask("retry", lane="l")
    assert scene.resume().code == 0
    assert scene.repo.show("n", "main") == "good"
    told = scene.repo.show("told", "main")
    assert 'gate "all" is red' in told
    assert "see here" in told
    assert scene.task().attempt == 2


def test_a_rejection_goes_back_with_its_text_and_needs_an_approval_again(scene: Scene) -> None:
    scene.simple(
        'echo $AGENTRELAY_ATTEMPT > n; cat "${AGENTRELAY_FEEDBACK:-/dev/null}" > told',
        "auto_merge: false",
    )
    scene.run()
    scene.ask("reject", lane="l", text="use tabs")
    assert scene.held() == ("rejected", "rejected: use tabs")
    scene.ask("retry", lane="l")
    assert scene.resume().code == 5
    assert scene.held()[0] == "approval"
    assert "use tabs" in scene.repo.show("told", scene.branch())
    scene.approve("l")
    assert scene.repo.show("n", "main") == "2"
    requests = scene.place.forge().list()
    assert [r.status.value for r in requests].count("open") == 0


def test_a_change_of_the_user_in_the_way_is_left_alone_and_named(scene: Scene) -> None:
    scene.simple("echo agent > README.md")
    dirty = {"lane.ready": lambda _: scene.repo.write({"README.md": "mine\n", "other": "o\n"})}
    assert scene.run(Quiet(dirty)).code == 5
    kind, reason = scene.held()
    assert kind == "in_the_way"
    assert "README.md" in reason
    assert (scene.repo.path / "README.md").read_text() == "mine\n"
    scene.repo.git("checkout", "--", "README.md")
    assert scene.resume().code == 0
    assert (scene.repo.path / "README.md").read_text() == "agent\n"
    assert scene.repo.status() == "?? other"


def test_a_target_that_moves_while_it_is_judged_is_judged_again(
    scene: Scene, tmp_path: Path
) -> None:
    log = tmp_path / "gates"
    scene.simple(WRITES, f"auto_merge: true, gates: [{{name: all, run: 'ls >> {log}'}}]")

    def move(_: object) -> None:
        scene.repo.commit({"person": "x\n"})

    assert scene.run(Quiet({"gate.ended": move})).code == 0
    assert scene.kinds().count("lane.candidate") == 2
    assert log.read_text().count("person") == 1
    assert scene.repo.files("main") == ["README.md", "n", "person"]


def test_a_target_checked_out_in_another_worktree_is_brought_along_there(
    scene: Scene, tmp_path: Path
) -> None:
    scene.repo.git("branch", "release")
    scene.repo.git("worktree", "add", "-q", str(tmp_path / "there"), "release")
    there = TestRepo(tmp_path / "there")
    scene.simple(WRITES, "auto_merge: true, base_branch: main, merge_target_branch: release")
    assert scene.run().code == 0
    assert (there.path / "n").exists()
    assert there.status() == ""
    assert scene.repo.files("main") == ["README.md"]


def test_a_target_that_is_being_rebased_is_waited_for(scene: Scene) -> None:
    scene.simple(WRITES)

    def rebase(_: object) -> None:
        scene.repo.git("checkout", "-q", "-b", "topic")
        scene.repo.commit({"README.md": "topic\n"})
        scene.repo.git("checkout", "-q", "main")
        scene.repo.commit({"README.md": "main\n"})
        scene.repo.git("rebase", "topic", check=False)

    assert scene.run(Quiet({"lane.ready": rebase})).code == 5
    kind, reason = scene.held()
    assert kind == "in_the_way"
    assert "main is being rebased in" in reason
    scene.repo.git("rebase", "--abort")
    assert scene.resume().code == 0
    assert scene.repo.show("n", "main") == "work"


def test_a_lane_whose_upstream_failed_waits_for_a_person_who_may_land_it(scene: Scene) -> None:
    scene.graph(
        """\
        agents:
          w: {adapter: command, run: 'echo x > $AGENTRELAY_TASK'}
          bad: {adapter: command, run: 'exit 1'}
        defaults: {agent: w, max_attempts: 1}
        workstreams: [{id: up, auto_merge: true}, {id: down, auto_merge: true}]
        tasks:
          - {id: a, workstream_id: up, description: a}
          - {id: b, workstream_id: down, description: b, dependencies: [a]}
          - {id: c, workstream_id: up, description: c, dependencies: [a], agent: bad}
        """
    )
    assert scene.run().code == 1
    assert scene.held("down") == ("upstream", "lane up, on which it depends, failed")
    assert scene.lane("up").error == "nothing in it can go on: c failed or was cancelled"
    assert scene.repo.find(scene.branch("up")) is not None
    with pytest.raises(RequestRefusedError, match="does not wait for an approval"):
        scene.ask("approve", task="c")


def test_a_failed_task_is_retried_and_all_that_depended_on_it_goes_on(
    scene: Scene, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    scene.graph(
        f"""\
        agents: {{w: {{adapter: command, run: 'test -e {ready} && echo x > $AGENTRELAY_TASK'}}}}
        defaults: {{agent: w, max_attempts: 1}}
        workstreams: [{{id: up, auto_merge: true}}, {{id: down, auto_merge: true}}]
        tasks:
          - {{id: a, workstream_id: up, description: a}}
          - {{id: b, workstream_id: down, description: b, dependencies: [a]}}
        """
    )
    assert scene.run().code == 1
    assert scene.lane("down").status.value == "failed"
    ready.touch()
    scene.ask("retry", task="a")
    assert scene.resume().code == 0
    assert scene.repo.files("main") == ["README.md", "a", "b"]
    for lane in ("up", "down"):
        assert not (scene.folders.signals(lane) / "failed").exists()


def test_a_failed_lane_keeps_what_was_merged_in_it_and_goes_on_from_there(
    scene: Scene, tmp_path: Path
) -> None:
    log, ready = tmp_path / "log", tmp_path / "ready"
    scene.graph(
        f"""\
        agents:
          w: {{adapter: command, run: 'echo a >> {log}; echo x > a'}}
          late: {{adapter: command, run: 'echo b >> {log}; test -e {ready} && echo x > b'}}
        defaults: {{agent: w, max_attempts: 1}}
        workstreams: [{{id: l}}]
        tasks:
          - {{id: a, workstream_id: l, description: a}}
          - {{id: b, workstream_id: l, description: b, dependencies: [a], agent: late}}
        """
    )
    assert scene.run().code == 1
    assert scene.lane().status.value == "failed"
    assert scene.worktree().path.is_dir()
    assert "a" in scene.repo.files(scene.branch())
    ready.touch()
    scene.ask("retry", task="b")
    assert scene.resume().code == 5
    assert scene.repo.files(scene.branch()) == ["README.md", "a", "b"]
    assert log.read_text().split() == ["a", "b", "b"]


def test_what_was_pushed_of_a_lane_that_failed_stays(repo: TestRepo, tmp_path: Path) -> None:
    origin = make_origin(repo, tmp_path / "origin.git")
    with scene_of(repo, tmp_path, publish="branches") as scene:
        scene.simple(WRITES, "auto_merge: false")
        assert scene.run().code == 5
        scene.ask("close", lane="l", text="not wanted")
        assert scene.resume().code == 1
        assert scene.lane().status.value == "failed"
        assert origin.head(scene.branch()) == repo.head(scene.branch())
        assert scene.worktree().path.is_dir()


def test_of_two_lanes_that_are_red_together_one_lands(scene: Scene) -> None:
    gate = "gates: [{name: apart, run: 'if test -e a; then test ! -e b; fi'}]"
    scene.graph(
        f"""\
        agents: {{w: {{adapter: command, run: 'echo x > $AGENTRELAY_TASK'}}}}
        defaults: {{agent: w}}
        workstreams: [{{id: l, auto_merge: true, {gate}}}, {{id: m, auto_merge: true, {gate}}}]
        tasks:
          - {{id: a, workstream_id: l, description: a}}
          - {{id: b, workstream_id: m, description: b}}
        """
    )
    assert scene.run().code == 5
    landed, other = sorted("lm", key=lambda name: scene.lane(name).landed is None)
    assert scene.lane(landed).landed == scene.repo.head("main")
    assert scene.held(other)[0] == "red_gate"
    assert len(scene.repo.files("main")) == 2


def test_a_cancelled_lane_keeps_its_work_until_it_is_cleaned(scene: Scene) -> None:
    scene.simple(WRITES, "auto_merge: false")
    scene.run()
    scene.ask("close", lane="l", text="not wanted")
    assert scene.lane().status.value == "failed"
    assert scene.lane().error == "not wanted"
    head = scene.repo.head(scene.branch())
    scene.ask("clean", lane="l")
    assert not scene.worktree().path.exists()
    assert scene.repo.find(scene.branch()) is None
    assert head in scene.repo.refs("refs/agentrelay/keep").values()
    scene.ask("retry", lane="l")
    assert scene.resume().code == 5
    assert scene.repo.head(scene.branch()) == head
    scene.approve("l")
    assert scene.repo.show("n", "main") == "work"


def test_a_lane_that_changes_nothing_is_merged_without_a_change_request(scene: Scene) -> None:
    scene.simple("true", "auto_merge: false", "allow_empty: true")
    assert scene.run().code == 0
    assert scene.lane().number is None
    assert scene.task().status is TaskStatus.MERGED
    assert (scene.folders.signals("l") / "merged").exists()


IGNORED = """
printf 'data/\\nnode_modules/\\nlarge/\\n' > .gitignore
mkdir data node_modules; echo measured > data/result; echo cache > node_modules/x
"""
LARGE = f"{IGNORED}\nmkdir large; head -c 21000000 /dev/zero > large/model.bin"


def test_ignored_files_that_are_no_caches_are_kept_when_the_lane_goes(scene: Scene) -> None:
    scene.simple(IGNORED)
    assert scene.run().code == 0
    assert not scene.worktree().path.exists()
    pin = "refs/agentrelay/keep/g/1/l/_lane/teardown-ignored"
    assert scene.repo.show("data/result", pin) == "measured"
    assert scene.repo.files(pin) == [".gitignore", "README.md", "data/result"]


def test_a_landed_lane_stays_while_it_holds_ignored_files_too_large_to_pin(scene: Scene) -> None:
    scene.simple(LARGE)
    assert scene.run().code == 0
    kind, reason = scene.held()
    assert kind == "ignored_files"
    assert "large/model.bin (21.0 MB)" in reason
    assert (scene.worktree().path / "large" / "model.bin").exists()
    assert scene.repo.find(scene.branch()) is not None
    scene.ask("clean", lane="l")
    assert scene.held()[0] == "ignored_files"
    scene.ask("clean", lane="l", approval={"ignored": "drop"})
    assert scene.lane().hold is None
    assert not scene.worktree().path.exists()
    assert scene.repo.find(scene.branch()) is None
    kept = "refs/agentrelay/keep/g/1/l/_lane/teardown-ignored"
    assert scene.repo.show("data/result", kept) == "measured"


def test_declared_caches_may_go_whatever_their_size(scene: Scene) -> None:
    scene.simple(LARGE, "auto_merge: true, caches: [large, data/result]")
    assert scene.run().code == 0
    assert not scene.worktree().path.exists()
    assert not any("ignored" in name for name in scene.repo.refs("refs/agentrelay/keep"))


def test_a_commit_that_a_person_adds_to_a_lane_lands_with_it(scene: Scene) -> None:
    scene.simple(WRITES)

    def add(_: object) -> None:
        lane = scene.branch()
        tree = scene.repo.git("rev-parse", f"{lane}^{{tree}}")
        readme = scene.repo.git("hash-object", "-w", "--stdin", stdin="by a person\n")
        entries = scene.repo.git("ls-tree", tree) + f"\n100644 blob {readme}\tadded\n"
        made = scene.repo.git("mktree", stdin=entries)
        commit = scene.repo.git("commit-tree", made, "-p", lane, "-m", "person")
        scene.repo.git("update-ref", f"refs/heads/{lane}", commit)

    assert scene.run(Quiet({"lane.ready": add})).code == 0
    assert scene.repo.files("main") == ["README.md", "added", "n"]


def test_what_a_person_left_in_a_lane_survives_the_offer_of_a_conflict_worktree(
    scene: Scene,
) -> None:
    scene.simple("echo agent > README.md")

    def work(_: object) -> None:
        scene.repo.commit({"README.md": "person\n"})
        scene.worktree().write({"draft": "x\n"})

    assert scene.run(Quiet({"lane.ready": work})).code == 5
    assert scene.held()[0] == "conflict"
    kept = scene.repo.refs("refs/agentrelay/keep").values()
    assert any("draft" in scene.repo.files(oid) for oid in kept)


def test_a_conflict_in_a_file_whose_name_is_no_text_is_told_and_survives_a_restart(
    scene: Scene,
) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        scene.repo.commit({name: "first\n"})
    except OSError:
        pytest.skip("this file system takes no such name")
    scene.simple("for f in caf*; do echo agent > $f; done")
    moved = {"lane.ready": lambda _: scene.repo.commit({name: "person\n"})}
    assert scene.run(Quiet(moved)).code == 5
    assert scene.held()[0] == "conflict"
    assert scene.resume().code == 5


def test_worktrees_that_somebody_deleted_are_made_again(scene: Scene, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    scene.simple(
        f"test -e {ready} && {WRITES}",
        "auto_merge: false, gates: [{name: all, run: 'test -e n'}]",
    )
    assert scene.run().code == 1
    shutil.rmtree(scene.repo.path / ".worktrees")
    ready.touch()
    scene.ask("retry", task="a")
    assert scene.resume().code == 5
    assert scene.held()[0] == "approval"
    shutil.rmtree(scene.repo.path / ".worktrees")
    scene.repo.commit({"moved": "x\n"})
    scene.approve("l")
    assert scene.repo.files("main") == ["README.md", "moved", "n"]


def test_a_gate_whose_supervisor_vanishes_each_time_is_red_in_the_end(scene: Scene) -> None:
    scene.simple(WRITES, "auto_merge: true, gates: [{name: all, run: 'kill -9 $PPID'}]")
    assert scene.run().code == 5
    assert scene.held() == (
        "red_gate",
        'gate "all" is red: its supervisor vanished before it could say how it ended',
    )


def test_what_was_judged_of_a_lane_is_pinned_once(scene: Scene) -> None:
    scene.simple("echo x > n", lane="auto_merge: true, gates: [{name: ok, run: test -e n}]")
    assert scene.run().code == 0
    landed, pins = scene.lane().landed, scene.repo.refs("refs/agentrelay/keep/g/1/l/_lane")
    assert [oid for oid in pins.values() if oid == landed] == [landed]
