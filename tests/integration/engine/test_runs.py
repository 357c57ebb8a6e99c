"""Whole runs: over again, changed, two at once, and with an origin."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.gitrepo import TestRepo, make_origin
from tests.integration.engine.scene import Quiet, Scene, scene_of

from agentrelay.errors import GraphChangedError
from agentrelay.journal.event import Event

WRITES = 'echo "run $AGENTRELAY_RUN" > n'


def test_a_finished_run_of_an_unchanged_graph_is_left_as_it_is(scene: Scene) -> None:
    scene.simple(WRITES)
    assert scene.run().code == 0
    before = (scene.repo.refs(), len(scene.kinds()))
    assert scene.run().code == 0
    assert (scene.repo.refs(), len(scene.kinds())) == before


def test_a_fresh_run_starts_over_and_keeps_what_was_there(scene: Scene) -> None:
    scene.simple(WRITES, "auto_merge: false")
    assert scene.run().code == 5
    first = scene.repo.head(scene.branch())
    assert scene.run(fresh=True).code == 5
    assert scene.snapshot.run == 2
    assert scene.repo.show("n", scene.branch()) == "run 2"
    assert first in scene.repo.refs("refs/agentrelay/keep").values()
    assert (scene.folders.run(1).root / "workstreams/l/pr_created").exists()
    scene.approve("l")
    assert scene.repo.show("n", "main") == "run 2"
    assert scene.lane().status.value == "merged"


def test_a_fresh_run_after_a_finished_one_makes_a_change_request_of_its_own(scene: Scene) -> None:
    scene.simple(WRITES)
    assert scene.run().code == 0
    assert scene.run(fresh=True).code == 0
    assert scene.repo.show("n", "main") == "run 2"
    assert [r.status.value for r in scene.place.forge().list()] == ["merged"] * 4


def test_a_fresh_run_does_not_show_what_the_one_before_it_did(scene: Scene) -> None:
    agents = """\
        agents: {w: {adapter: command, run: 'LINE'}}
        defaults: {agent: w, max_attempts: 1}
        workstreams: [{id: l, auto_merge: true}, {id: m, auto_merge: true}]
        tasks:
          - {id: a, workstream_id: l, description: a}
          - {id: b, workstream_id: m, description: b, dependencies: [a]}
        """
    scene.graph(agents.replace("LINE", "echo x > $AGENTRELAY_TASK"))
    assert scene.run().code == 0
    scene.graph(agents.replace("LINE", "exit 1"))
    assert scene.run(fresh=True).code == 1
    for lane in ("l", "m"):
        assert not (scene.folders.signals(lane) / "merged").exists()
        assert (scene.folders.run(1).root / "workstreams" / lane / "merged").exists()


def test_a_changed_graph_is_explained_and_nothing_is_done(scene: Scene) -> None:
    scene.simple(WRITES, "auto_merge: false")
    scene.run()
    scene.simple(WRITES, "auto_merge: true")
    before = len(scene.kinds())
    with pytest.raises(GraphChangedError, match="not the one of its unfinished run 1"):
        scene.run()
    assert len(scene.kinds()) == before
    assert scene.run(fresh=True).code == 0


def test_two_graphs_run_at_once_in_one_repository(scene: Scene, tmp_path: Path) -> None:
    scene.graph(
        """\
        agents: {w: {adapter: command, run: 'echo x > g-$AGENTRELAY_TASK'}}
        defaults: {agent: w, max_attempts: 1}
        workstreams: [{id: l, auto_merge: true}, {id: m, auto_merge: true}]
        tasks:
          - {id: a, workstream_id: l, description: a}
          - {id: b, workstream_id: m, description: b}
          - {id: c, workstream_id: l, description: c, dependencies: [b]}
        """
    )
    text = (tmp_path / "g.yaml").read_text()
    other = Scene(scene.repo, tmp_path)
    other.name = "h"
    (tmp_path / "h.yaml").write_text(text.replace("name: g", "name: h").replace("g-$", "h-$"))
    code = _in_process(other)
    assert scene.run().code == 0
    assert code() == 0
    assert scene.repo.status() == ""
    files = scene.repo.files("main")
    assert files == ["README.md", *(f"{g}-{t}" for g in "gh" for t in "abc")]


def _in_process(scene: Scene):  # noqa: ANN202 - waits for its exit code
    """Carry on another graph in a process of its own; signals belong to the main thread."""
    import subprocess
    import sys

    process = subprocess.Popen(
        [sys.executable, "-m", "agentrelay", "run", str(scene.base / "h.yaml"), "--yes"],
        cwd=scene.repo.path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    return lambda: process.wait(60)


def test_with_publish_none_an_origin_is_left_alone(scene: Scene, tmp_path: Path) -> None:
    origin = make_origin(scene.repo, tmp_path / "origin.git")
    scene.simple(WRITES)
    before = origin.refs()
    assert scene.run().code == 0
    assert origin.refs() == before


def test_with_publish_branches_the_lane_is_pushed_and_the_target_is_not(
    repo: TestRepo, tmp_path: Path
) -> None:
    origin = make_origin(repo, tmp_path / "origin.git")
    with scene_of(repo, tmp_path, publish="branches") as scene:
        scene.simple(WRITES, "auto_merge: false")
        assert scene.run().code == 5
        assert origin.head(scene.branch()) == repo.head(scene.branch())
        scene.approve("l")
        assert repo.show("n", "main") == "run 1"
        assert origin.files("main") == ["README.md"]


def test_with_publish_all_a_lane_lands_on_origin_and_the_local_branch_follows(
    repo: TestRepo, tmp_path: Path
) -> None:
    origin = make_origin(repo, tmp_path / "origin.git")
    with scene_of(repo, tmp_path, publish="all") as scene:
        scene.simple(WRITES)
        assert scene.run().code == 0
        assert origin.show("n", "main") == "run 1"
        assert origin.head("main") == repo.head("main")
        assert repo.status() == ""


def test_with_publish_all_an_origin_that_moved_is_merged_and_judged_again(
    repo: TestRepo, tmp_path: Path
) -> None:
    origin = make_origin(repo, tmp_path / "origin.git")
    log = tmp_path / "gates"
    with scene_of(repo, tmp_path, publish="all") as scene:
        scene.simple(WRITES, f"auto_merge: true, gates: [{{name: all, run: 'ls >> {log}'}}]")
        colleague = _clone(origin, tmp_path / "colleague")

        def move(_: object) -> None:
            colleague.commit({"theirs": "x\n"})
            colleague.git("push", "-q", "origin", "main")

        assert scene.run(Quiet({"gate.ended": move})).code == 0
        assert origin.files("main") == ["README.md", "n", "theirs"]
        assert repo.head("main") == origin.head("main")
        assert log.read_text().count("theirs") == 1


def test_with_publish_all_a_lane_starts_at_what_origin_has_now(
    repo: TestRepo, tmp_path: Path
) -> None:
    origin = make_origin(repo, tmp_path / "origin.git")
    colleague = _clone(origin, tmp_path / "colleague")
    theirs = colleague.commit({"theirs": "x\n"})
    colleague.git("push", "-q", "origin", "main")
    with scene_of(repo, tmp_path, publish="all") as scene:
        scene.simple("test -e theirs && echo x > n")
        assert scene.run().code == 0
        assert origin.files("main") == ["README.md", "n", "theirs"]
        assert scene.lane().base == theirs


def test_with_publish_all_own_commits_of_the_local_branch_are_left(
    repo: TestRepo, tmp_path: Path
) -> None:
    origin = make_origin(repo, tmp_path / "origin.git")
    own = repo.commit({"own": "x\n"}, "not pushed")
    with scene_of(repo, tmp_path, publish="all") as scene:
        scene.simple(WRITES)
        assert scene.run().code == 0
        assert origin.files("main") == ["README.md", "n"]
        assert repo.head("main") == own
        assert repo.status() == ""


@pytest.mark.parametrize("publish", ["none", "branches", "all"])
def test_a_lane_starts_where_it_will_land_and_moves_no_branch_of_the_users(
    repo: TestRepo, tmp_path: Path, publish: str
) -> None:
    origin = make_origin(repo, tmp_path / "origin.git")
    colleague = _clone(origin, tmp_path / "colleague")
    theirs = colleague.commit({"theirs": "x\n"})
    colleague.git("push", "-q", "origin", "main")
    mine = repo.commit({"mine": "x\n"}, "not pushed")
    repo.git("branch", "other")
    before = repo.refs("refs/heads")
    with scene_of(repo, tmp_path, publish=publish) as scene:
        scene.simple(WRITES, "auto_merge: false")
        assert scene.run().code == 5
        assert scene.lane().base == (theirs if publish == "all" else mine)
        now = repo.refs("refs/heads")
        assert {ref: oid for ref, oid in now.items() if "/agentrelay/" not in ref} == before
        assert origin.head("main") == theirs
        assert repo.status() == ""


def test_a_refused_push_makes_the_lane_wait_with_that_reason(
    repo: TestRepo, tmp_path: Path
) -> None:
    origin = make_origin(repo, tmp_path / "origin.git")
    hook = origin.path / "hooks/pre-receive"
    hook.write_text(
        "#!/bin/sh\ngrep -q refs/heads/main && { echo protected branch; exit 1; }\nexit 0\n"
    )
    hook.chmod(0o755)
    with scene_of(repo, tmp_path, publish="all") as scene:
        scene.simple(WRITES)
        assert scene.run().code == 5
        kind, reason = scene.held()
        assert kind == "push"
        assert "pre-receive hook declined" in reason
        assert repo.files("main") == ["README.md"]
        hook.unlink()
        assert scene.resume().code == 0
        assert origin.head("main") == repo.head("main")


def test_an_origin_that_cannot_be_reached_holds_up_no_task(repo: TestRepo, tmp_path: Path) -> None:
    repo.git("remote", "add", "origin", str(tmp_path / "nowhere.git"))
    with scene_of(repo, tmp_path, publish="branches") as scene:
        scene.simple(WRITES)
        assert scene.run().code == 0
        assert repo.show("n", "main") == "run 1"


def until_there(path: Path) -> str:
    return f"until test -e {path}; do sleep 0.05; done"


def test_an_origin_that_is_gone_keeps_the_lane_that_lands_there_and_no_other(
    repo: TestRepo, tmp_path: Path
) -> None:
    origin = make_origin(repo, tmp_path / "origin.git")
    with scene_of(repo, tmp_path, publish="all") as scene:
        at_work, gone = tmp_path / "at-work", tmp_path / "gone"
        scene.graph(
            f"""\
            agents:
              first: {{adapter: command, run: '{until_there(at_work)}; echo x > a'}}
              other: {{adapter: command, run: 'touch {at_work}; {until_there(gone)}; echo x > b'}}
            workstreams: [{{id: l, auto_merge: true}}, {{id: m}}]
            tasks:
              - {{id: a, workstream_id: l, description: a, agent: first}}
              - {{id: b, workstream_id: m, description: b, agent: other}}
            """
        )

        def vanish(_: Event) -> None:
            origin.path.rename(gone)

        assert scene.run(Quiet({"effect.done task.open": vanish})).code == 5
        kind, reason = scene.held("l")
        assert kind == "error"
        assert "git fetch" in reason
        # The other one's work needs no origin, and is done.
        assert scene.task("b").status.value == "merged"
        gone.rename(origin.path)
        assert scene.resume().code == 5
        assert origin.files("main") == ["README.md", "a"]
        assert scene.held("m")[0] == "approval"


def _clone(origin: TestRepo, path: Path) -> TestRepo:
    origin.git("clone", "-q", str(origin.path), str(path))
    return TestRepo(path)
