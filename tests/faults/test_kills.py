"""Kills and signals while agents work: they are adopted, never doubled, and end when told to."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.faults.holding import begin, kill, run, supervisor
from tests.faults.scene import (
    KILLED,
    Scratch,
    Server,
    assert_done,
    living_in,
    result_of,
    small,
    until,
)

from agentrelay.journal.store import read_events

LOCK_HELD = 6
FAILED = 1


def test_a_working_agent_is_adopted_by_the_next_orchestrator(scene: Scratch) -> None:
    kill(run(scene))
    assert living_in(scene.base)
    resumed = begin(scene, "resume", "shop")
    (scene.base / "hold").unlink()
    assert_done(result_of(scene, resumed.wait(60)))


def test_an_agent_that_ended_while_nobody_looked_is_taken_as_it_is(scene: Scratch) -> None:
    kill(run(scene))
    (scene.base / "hold").unlink()
    until(lambda: not living_in(scene.base), "the agent to end")
    assert_done(result_of(scene, scene.run("resume", "shop")))


def test_a_supervisor_that_is_killed_leaves_its_agent_to_work_on(scene: Scratch) -> None:
    process = run(scene)
    os.kill(supervisor(scene), signal.SIGKILL)
    (scene.base / "hold").unlink()
    code = process.wait(60)
    snapshot = scene.snapshot()
    # How the agent ended is unknown, so its attempt does not count, and another one is made.
    assert code == 0, scene.output()
    task = snapshot.tasks["a"]
    assert task.attempt == 2
    assert task.attempt_limit - task.attempt == task.spec.max_attempts - 1
    assert scene.starts()["turn a 1"] == 2
    assert scene.repo.show("a.txt", "main") == "by a"


def test_a_second_run_is_told_who_holds_the_graph(scene: Scratch) -> None:
    process = run(scene)
    assert scene.run("run", "../g.yaml", "--yes") == LOCK_HELD
    assert f"is being run by process {process.pid}" in scene.output()
    (scene.base / "hold").unlink()
    assert_done(result_of(scene, process.wait(60)))


def test_one_interrupt_lets_agents_work_on_and_says_how_to_go_on(scene: Scratch) -> None:
    process = run(scene)
    assert kill(process, signal.SIGINT) == 128 + signal.SIGINT
    assert living_in(scene.base)
    said = scene.output()
    assert "still running, under its limits: task a" in said
    assert "agentrelay cancel shop   ends it later, and the run" in said
    assert "agentrelay resume shop   goes on" in said
    assert "Traceback" not in said
    assert scene.run("status", "shop") == 0
    assert "shop  run 1  interrupted" in scene.output()
    (scene.base / "hold").unlink()
    assert_done(result_of(scene, scene.run("resume", "shop")))


def test_two_interrupts_end_the_agents_and_burn_no_attempt(scene: Scratch) -> None:
    process = run(scene)
    os.kill(process.pid, signal.SIGINT)
    until(lambda: "still runs" in scene.output() or "still run" in scene.output(), "the first")
    assert kill(process, signal.SIGINT) == 128 + signal.SIGINT
    until(lambda: not living_in(scene.base), "the agent to end")
    (scene.base / "hold").unlink()
    assert scene.run("resume", "shop") == 0, scene.output()
    task = scene.snapshot().tasks["a"]
    assert task.attempt_limit - task.attempt == task.spec.max_attempts - 1
    assert "Traceback" not in scene.output()


def test_a_closed_terminal_stops_nothing(scene: Scratch) -> None:
    process = run(scene)
    os.kill(process.pid, signal.SIGHUP)
    (scene.base / "hold").unlink()
    assert_done(result_of(scene, process.wait(60)))


def test_termination_lets_agents_work_on(scene: Scratch) -> None:
    process = run(scene)
    assert kill(process, signal.SIGTERM) == 128 + signal.SIGTERM
    (scene.base / "hold").unlink()
    assert_done(result_of(scene, scene.run("resume", "shop")))


def test_a_cancel_from_elsewhere_ends_a_working_agent_and_keeps_its_work(scene: Scratch) -> None:
    process = run(scene)
    (scene.repo.path / ".worktrees/shop/api/half-done").write_text("x\n")
    assert scene.run("cancel", "shop") == 0, scene.output()
    assert process.wait(60) == FAILED, scene.output()
    until(lambda: not living_in(scene.base), "the agent to end")
    kept = scene.repo.refs("refs/agentrelay/keep").values()
    assert any("half-done" in scene.repo.files(oid) for oid in kept)


def test_a_cancel_with_nobody_there_does_not_say_that_the_task_can_go_on(scene: Scratch) -> None:
    kill(run(scene))
    before = len(scene.output())
    assert scene.run("cancel", "task:a") == 0, scene.output()
    said = scene.output()[before:]
    assert "is being ended, which the next resume sees: a\n  agentrelay resume shop" in said
    assert "can go on now" not in said
    assert scene.run("resume", "shop") == FAILED, scene.output()
    until(lambda: not living_in(scene.base), "the agent to end")


def test_what_an_agent_writes_in_a_later_turn_survives_a_kill(tmp_path: Path) -> None:
    base = tmp_path / "s"
    work = (
        "if test $AGENTRELAY_TURN = 1; then echo no > n; else echo half > half; "
        f"while test -e {base}/hold; do sleep 0.02; done; echo x > a.txt; fi; "
        'echo "$AGENTRELAY_TASK" > "$AGENTRELAY_TASK.b"'
    )
    server = Server()
    scene = small(server, base, work)
    (base / "hold").touch()
    turn = "turn.start/1/api/1/a/1/2"
    assert scene.run("run", "../g.yaml", "--yes", kill=(turn, "after_act")) == KILLED
    half = scene.repo.path / ".worktrees/shop/api/half"
    until(half.exists, "the second turn to work")
    resumed = begin(scene, "resume", "shop")
    until(lambda: len(events_of(scene, turn)) == 2, "the turn to be adopted")
    (base / "hold").unlink()
    assert resumed.wait(60) == 0, scene.output()
    assert scene.repo.show("half", "main") == "half"
    assert scene.starts()["turn a 2"] == 1
    server.close()


def events_of(scene: Scratch, key: str) -> list[str]:
    journal = scene.repo.path / ".workflow/shop/runs/1/journal.jsonl"
    return [event.type for event in read_events(journal) if event.data.get("key") == key]
