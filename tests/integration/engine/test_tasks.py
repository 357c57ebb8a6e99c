"""What becomes of a task: attempts, turns, gates, and what its agent leaves behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.gitrepo import make_origin
from tests.integration.engine.scene import Scene

from agentrelay.engine import fold
from agentrelay.errors import PreconditionError
from agentrelay.task.core.task import TaskStatus


def test_a_red_gate_goes_back_as_a_turn_and_the_green_result_lands(scene: Scene) -> None:
    scene.simple(
        """
        echo "$AGENTRELAY_TURN" >> n
        test -z "$AGENTRELAY_FEEDBACK" || cat "$AGENTRELAY_FEEDBACK" > told
        """,
        task="gates: [{name: two lines, run: 'wc -l < n; test $(wc -l < n) -ge 2'}]",
    )
    assert scene.run().code == 0
    assert scene.task().attempt == 1
    assert scene.repo.show("n", "main") == "1\n2"
    assert 'gate "two lines" is red: exit code 1' in scene.repo.show("told", "main")


def test_a_gate_that_stays_red_fails_the_attempt_then_the_task(scene: Scene) -> None:
    scene.simple(
        "echo x >> n",
        task="gates: [{name: never, run: 'test ! -e n', max_gate_attempts: 2}]",
    )
    assert scene.run().code == 1
    assert scene.task().status is TaskStatus.FAILED
    assert scene.task().error == 'gate "never" was red 2 times'
    assert scene.lane().status.value == "failed"
    assert scene.repo.find(scene.branch()) is not None
    assert scene.worktree().path.is_dir()


def test_a_gate_red_before_the_task_waits_for_a_person_who_may_waive_it(scene: Scene) -> None:
    scene.simple("echo x >> n", task="gates: [{name: broken, run: 'false', max_gate_attempts: 1}]")
    assert scene.run().code == 5
    hold = scene.task().hold
    assert hold is not None
    assert hold.reason == 'gate "broken" is red, and was before this task began'
    assert "goes on although" in scene.ask("approve", task="a")
    assert scene.resume().code == 0
    assert scene.repo.show("n", "main") == "x"


def test_a_failed_attempt_is_followed_by_another_after_a_pause(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold, "BACKOFF_FIRST", 0.2)
    scene.simple(
        "test $AGENTRELAY_ATTEMPT = 2 && cp $AGENTRELAY_INSTRUCTIONS told", task="max_attempts: 2"
    )
    assert scene.run().code == 0
    assert scene.task().attempt == 2
    assert len(scene.events("timer.due")) == 1
    assert "it ended with exit code 1" in scene.repo.show("told", "main")


def test_a_call_of_fail_fails_the_attempt_with_its_reason(scene: Scene) -> None:
    scene.simple("echo x > n; SAY fail 'no such table'")
    assert scene.run().code == 1
    assert scene.task().error == "no such table"
    kept = scene.repo.refs("refs/agentrelay/keep")
    assert any(scene.repo.files(oid) == ["README.md", "n"] for oid in kept.values())


def test_an_agent_ended_by_a_signal_has_failed_and_loses_nothing(scene: Scene) -> None:
    scene.simple("echo x > n; kill -9 $$")
    assert scene.run().code == 1
    assert scene.task().error == "it was ended by signal 9"
    kept = scene.repo.refs("refs/agentrelay/keep")
    assert any("n" in scene.repo.files(oid) for oid in kept.values())


def test_done_without_a_change_is_a_failure(scene: Scene) -> None:
    scene.simple("SAY done 'all good'")
    assert scene.run().code == 1
    assert scene.task().error == "nothing was changed"


@pytest.mark.parametrize(("agent", "task"), [("SAY done-empty", ""), ("true", "allow_empty: true")])
def test_an_empty_task_that_may_be_empty_is_done(scene: Scene, agent: str, task: str) -> None:
    scene.simple(agent, task=task)
    before = scene.repo.head("main")
    assert scene.run().code == 0
    assert scene.task().status is TaskStatus.MERGED
    assert scene.repo.head("main") == before
    assert scene.lane().number is None


def test_a_large_file_is_not_committed_but_pinned_and_keeps_the_lane_for_a_person(
    scene: Scene,
) -> None:
    scene.simple("echo x > n; head -c 6000000 /dev/zero > big.bin")
    assert scene.run().code == 5
    kind, reason = scene.held()
    assert kind == "approval"
    assert "big.bin" in reason
    assert scene.repo.files(scene.branch()) == ["README.md", "n"]
    kept = scene.repo.refs("refs/agentrelay/keep")
    assert any("big.bin" in scene.repo.files(oid) for oid in kept.values())
    scene.approve("l")
    assert scene.repo.files("main") == ["README.md", "n"]


def test_work_that_does_not_descend_from_the_start_is_pinned_and_fails(scene: Scene) -> None:
    scene.simple(
        "git checkout -q --orphan away && echo x > n && git add n && git commit -qm astray"
    )
    assert scene.run().code == 1
    assert "does not descend" in scene.task().error
    assert any("astray" in name for name in scene.repo.refs("refs/agentrelay/keep"))


def test_a_head_moved_to_another_branch_counts_where_it_descends(scene: Scene) -> None:
    scene.simple("git checkout -q -b elsewhere && echo x > n && git add n && git commit -qm there")
    assert scene.run().code == 0
    assert scene.repo.show("n", "main") == "x"


def test_conflict_markers_are_no_result_whoever_commits_them(scene: Scene) -> None:
    marks = "printf '<<<<<<< a\\n1\\n=======\\n2\\n>>>>>>> b\\n' > README.md"
    git = "git -c user.name=x -c user.email=x@e.invalid"
    scene.simple(f"{marks}; {git} commit -qam done")
    assert scene.run().code == 1
    assert scene.task().error == "conflict markers in README.md"
    assert scene.repo.show("README.md", scene.branch()) == "# test"


def test_an_agent_cannot_push(scene: Scene, tmp_path: Path) -> None:
    origin = make_origin(scene.repo, tmp_path / "origin.git")
    scene.simple(
        "echo x > n; git add n; git commit -qm n\n"
        "git push origin HEAD:refs/heads/sneaked && exit 3; exit 0"
    )
    before = origin.refs()
    assert scene.run().code == 0
    assert origin.refs() == before


def test_the_value_of_env_from_reaches_the_agent_and_no_file_of_ours(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres-secret-4711")
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_secret")
    scene.simple(
        'test "${DATABASE_URL#postgres-}" = secret-4711 && test -z "$GITHUB_TOKEN" && echo x > n',
        task="env_from: [DATABASE_URL]",
    )
    assert scene.run().code == 0
    for folder in (scene.repo.path / ".workflow", scene.repo.path / ".git"):
        for path in folder.rglob("*"):
            if path.is_file():
                assert b"postgres-secret-4711" not in path.read_bytes(), path


def test_a_task_starts_from_content_that_contains_its_dependencies_of_other_lanes(
    scene: Scene,
) -> None:
    scene.graph(
        """\
        agents:
          w: {adapter: command, run: 'ls > saw-$AGENTRELAY_TASK; echo x > $AGENTRELAY_TASK'}
          again: {adapter: command, run: 'ls > saw-c; test $AGENTRELAY_ATTEMPT = 2'}
        defaults: {agent: w, max_attempts: 1}
        workstreams:
          - {id: up, auto_merge: false}
          - {id: down, auto_merge: true}
        tasks:
          - {id: a, workstream_id: up, description: a}
          - {id: b, workstream_id: down, description: b}
          - {id: c, workstream_id: down, description: c, dependencies: [a, b], agent: again}
        """
    )
    assert scene.run().code == 1
    scene.ask("retry", task="c")
    assert scene.resume().code == 5
    seen = scene.repo.show("saw-c", scene.branch("down")).split()
    assert {"a", "b"} <= set(seen)
    assert scene.task("c").status is TaskStatus.MERGED
    assert scene.lane("down").landed is None
    assert scene.held("up")[0] == "approval"
    scene.approve("up")
    assert scene.resume().code == 0
    assert {"a", "b", "saw-c"} <= set(scene.repo.files("main"))


def test_a_conflict_between_two_lanes_at_the_start_is_told_to_the_agent(scene: Scene) -> None:
    scene.graph(
        """\
        agents:
          w: {adapter: command, run: 'echo $AGENTRELAY_TASK > same'}
          mend:
            adapter: command
            run: |
              told="$AGENTRELAY_INSTRUCTIONS ${AGENTRELAY_FEEDBACK:-}"
              commit=$(cat $told | sed -n 's/.*git merge \\([0-9a-f]*\\).*/\\1/p' | head -1)
              git merge -q "$commit" || true
              echo both > same; git add same; git commit -qm mended
        defaults: {agent: w, max_attempts: 1}
        workstreams: [{id: up, auto_merge: true}, {id: down, auto_merge: true}]
        tasks:
          - {id: a, workstream_id: up, description: a}
          - {id: b, workstream_id: down, description: b}
          - {id: c, workstream_id: down, description: c, dependencies: [a, b], agent: mend}
        """
    )
    assert scene.run().code == 0
    assert scene.repo.show("same", "main") == "both"


def test_a_conflict_with_a_commit_that_a_person_made_in_the_lane_gets_one_more_turn(
    scene: Scene,
) -> None:
    ref = scene.branch()
    scene.simple(
        f"""
        if test -z "$AGENTRELAY_FEEDBACK"; then
          echo agent > README.md; git commit -qam agent
          tree=$(printf 'person\\n' | git hash-object -w --stdin)
          new=$(printf '100644 blob %s\\tREADME.md\\n' $tree | git mktree)
          git update-ref refs/heads/{ref} $(echo person | git commit-tree $new -p {ref})
        else
          git merge -q {ref} || true
          echo both > README.md; git add README.md; git commit -qm both
        fi
        """
    )
    assert scene.run().code == 0
    given = scene.events("feedback.given")
    assert [event.data["kind"] for event in given] == ["conflict"]
    assert scene.repo.show("README.md", "main") == "both"


def test_setup_runs_once_and_again_when_what_it_depends_on_changed(
    scene: Scene, tmp_path: Path
) -> None:
    log = tmp_path / "setups"
    scene.graph(
        f"""\
        agents:
          w: {{adapter: command, run: 'echo x > $AGENTRELAY_TASK'}}
          locks: {{adapter: command, run: 'echo 2 > lock'}}
        defaults: {{agent: w, max_attempts: 1}}
        workstreams:
          - {{id: l, auto_merge: true, setup: {{run: 'echo ran >> {log}', when_changed: [lock]}}}}
        tasks:
          - {{id: a, workstream_id: l, description: a}}
          - {{id: b, workstream_id: l, description: b, dependencies: [a], agent: locks}}
          - {{id: c, workstream_id: l, description: c, dependencies: [b]}}
        """
    )
    scene.repo.commit({"lock": "1\n"})
    assert scene.run().code == 0
    assert log.read_text().splitlines() == ["ran", "ran"]


def test_a_failing_setup_waits_for_a_person(scene: Scene, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    scene.simple("echo x > n", lane=f"auto_merge: true, setup: {{run: 'test -e {ready}'}}")
    assert scene.run().code == 5
    hold = scene.task().hold
    assert hold is not None
    assert hold.reason == "the lane's setup failed: exit code 1"
    ready.touch()
    scene.ask("retry", task="a")
    assert scene.resume().code == 0


def test_ignored_files_of_the_checkout_are_copied_where_the_lane_asks_for_them(
    scene: Scene,
) -> None:
    scene.repo.commit({".gitignore": ".env\n"})
    scene.repo.write({".env": "KEY=1\n"})
    scene.simple("grep -q KEY=1 .env && stat -c %a .env > mode", "auto_merge: true, copy: [.env]")
    assert scene.run().code == 0
    assert scene.repo.files("main") == [".gitignore", "README.md", "mode"]
    assert scene.repo.show("mode", "main") == "600"


def test_outputs_summary_and_notes_reach_later_tasks(scene: Scene) -> None:
    scene.graph(
        """\
        agents:
          first:
            adapter: command
            run: |
              echo plan > spec.md; SAY output spec.md spec; SAY note careful
              SAY done "wrote the plan"
          second: {adapter: command, run: 'cp "$AGENTRELAY_INSTRUCTIONS" told'}
        defaults: {max_attempts: 1}
        workstreams: [{id: l, auto_merge: true}]
        tasks:
          - {id: a, workstream_id: l, description: a, agent: first}
          - id: b
            workstream_id: l
            description: b
            agent: second
            dependencies: [a]
            inputs_from: [{task: a, category: spec}]
        """
    )
    assert scene.run().code == 0
    told = scene.repo.show("told", "main")
    assert "wrote the plan" in told
    assert "careful" in told
    assert "outputs/spec/spec.md" in told


def test_a_detached_head_needs_an_explicit_target(scene: Scene) -> None:
    scene.repo.git("checkout", "-q", "--detach")
    scene.simple("echo x > n", lane="auto_merge: true, base_branch: main")
    assert scene.run().code == 0
    assert scene.repo.show("n", "main") == "x"
    assert "n" not in os.listdir(scene.repo.path)


def test_a_target_that_does_not_exist_is_refused_before_anything_is_done(scene: Scene) -> None:
    scene.simple("echo x > n", lane="base_branch: nowhere")
    with pytest.raises(PreconditionError, match="nowhere"):
        scene.run()
    assert scene.repo.refs("refs/heads/agentrelay") == {}
