"""A person who takes a task: the agent ends, a shell in its worktree, their commits count."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

from tests.gitrepo import TestRepo
from tests.integration.cli.scene import ARGV, Scene, one_lane, until

WORKS_FOR_EVER = "echo half > half.txt; while :; do sleep 0.05; done"


def lane_of(scene: Scene) -> TestRepo:
    return TestRepo(scene.repo.path / ".worktrees" / "shop" / "lane")


def at_work(scene: Scene) -> None:
    scene.start("run", scene.graph(one_lane("shop", WORKS_FOR_EVER)), "--yes", "--wait")
    until((lane_of(scene).path / "half.txt").exists, "the agent to work")


def by_hand(scene: Scene) -> None:
    lane = lane_of(scene)
    assert (lane.path / "half.txt").read_text() == "half\n", "what the agent left stays"
    lane.commit({"work.txt": "by hand\n"}, "by hand")
    lane.write({"more.txt": "more\n"})


def test_a_person_goes_on_where_the_agent_was_and_what_they_did_lands(scene: Scene) -> None:
    at_work(scene)
    took = scene.call("take", "work")
    assert took.code == 0, took.err
    assert took.out.splitlines() == ["task work is yours", str(lane_of(scene).path)]
    assert "agentrelay give shop/work" in took.err
    by_hand(scene)
    given = scene.call("give", "lane", "-m", "did it")
    assert given.code == 0, given.err
    until(lambda: scene.has_event("shop", "run.finished"), "the lane to land")
    assert {"half.txt", "work.txt", "more.txt"} <= set(scene.repo.files("main"))
    assert "by hand" in scene.repo.git("log", "--format=%s", "main").splitlines()
    assert scene.intents("shop", "turn.start") == 1
    assert scene.intents("shop", "attempt.start") == 1


def test_an_agent_that_nobody_looks_after_is_ended_by_take_itself(scene: Scene) -> None:
    at_work(scene)
    scene.started[0].kill()
    scene.started[0].wait()
    took = scene.call("take", "work")
    assert took.code == 0, took.err
    assert scene.has_event("shop", "turn.ended")
    by_hand(scene)
    given = scene.call("give", "work")
    assert given.code == 0, given.err
    assert "work.txt" in scene.repo.files("main")


def test_at_a_terminal_there_is_a_shell_in_the_worktree(scene: Scene, tmp_path: Path) -> None:
    at_work(scene)
    shell = tmp_path / "shell"
    shell.write_text("#!/bin/sh\npwd > where.txt\n")
    shell.chmod(0o755)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*ARGV, "take", "work"],
        cwd=scene.repo.path,
        env=scene.environment({"SHELL": str(shell), "TERM": "xterm"}),
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(theirs)
    assert process.wait(60) == 0
    os.close(ours)
    where = (lane_of(scene).path / "where.txt").read_text().strip()
    assert Path(where).samefile(lane_of(scene).path)


def test_what_a_person_may_not_commit_is_theirs_to_mend(scene: Scene) -> None:
    at_work(scene)
    assert scene.call("take", "work").code == 0
    lane = lane_of(scene)
    (lane.path / "half.txt").unlink()
    given = scene.call("give", "work")
    assert given.code == 0, given.err
    until(lambda: scene.has_event("shop", "task.held"), "it to be looked at")
    shown = scene.call("status", "shop")
    assert "nothing was changed" in shown.out
    assert "agentrelay take shop/work" in shown.out
    assert scene.call("take", "work").code == 0
    lane.commit({"work.txt": "by hand\n"}, "by hand")
    assert scene.call("give", "work").code == 0
    until(lambda: scene.has_event("shop", "run.finished"), "the lane to land")
    assert "work.txt" in scene.repo.files("main")


def test_what_is_sent_is_read_by_the_agent_in_its_next_turn(scene: Scene) -> None:
    run = (
        'if test -n "$AGENTRELAY_FEEDBACK"; then cp "$AGENTRELAY_FEEDBACK" told.md; exit; fi; '
        "echo half > half.txt; until test -e go; do sleep 0.05; done; rm go"
    )
    scene.start("run", scene.graph(one_lane("shop", run)), "--yes", "--wait")
    until((lane_of(scene).path / "half.txt").exists, "the agent to work")
    sent = scene.call("send", "work", "use the parser")
    assert sent.code == 0, sent.err
    assert "with its next turn, once the present one has ended" in sent.out
    (lane_of(scene).path / "go").touch()
    until(lambda: scene.has_event("shop", "run.finished"), "the lane to land")
    assert "use the parser" in scene.repo.show("told.md", "main")
    assert scene.intents("shop", "attempt.start") == 1
