"""Watching a task: its agent's turns and its gates, as they happen."""

from __future__ import annotations

import signal

from tests.integration.cli.scene import Scene, until

GRAPH = """name: g
agents:
  w:
    adapter: command
    run: |
      echo "turn $AGENTRELAY_TURN begins"
      until test -e "GO$AGENTRELAY_TURN"; do sleep 0.05; done
      echo "turn $AGENTRELAY_TURN is over"; rm "GO$AGENTRELAY_TURN"
      echo "$AGENTRELAY_TURN" > out.txt
defaults: {agent: w, max_attempts: 1}
workstreams: [{id: lane, auto_merge: true}]
tasks:
  - id: work
    workstream_id: lane
    description: do it
    gates: [{name: second, run: 'echo checked; grep -q 2 out.txt'}]
"""


def test_a_task_is_watched_over_its_turns_and_gates_to_its_end(scene: Scene) -> None:
    graph = scene.graph(GRAPH)
    run = scene.start("run", graph, "--yes")
    output = scene.repo.path / ".workflow/g/runs/1/tasks/work/attempts/1/turns/1/output.log"
    until(lambda: output.exists() and "begins" in output.read_text(), "the agent to begin")
    watching = scene.start("attach", "work")
    assert watching.stdout is not None
    assert watching.stdout.readline() == "turn 1 begins\n"
    worktree = scene.repo.path / ".worktrees/g/lane"
    (worktree / "GO1").touch()
    second = output.parents[1] / "2/output.log"
    until(lambda: second.exists() and "begins" in second.read_text(), "the second turn")
    (worktree / "GO2").touch()
    out, err = watching.communicate(timeout=60)
    assert run.wait(60) == 0
    assert watching.returncode == 0, err
    turns = [line for line in out.splitlines() if line.startswith("turn")]
    assert turns == ["turn 1 is over", "turn 2 begins", "turn 2 is over"]
    assert "checked" in out
    assert err.splitlines()[-1] == "task:g/work is merged"


def test_who_stops_watching_leaves_the_agent_at_work(scene: Scene) -> None:
    graph = scene.graph(GRAPH.replace("grep -q 2 out.txt", "true"))
    run = scene.start("run", graph, "--yes")
    output = scene.repo.path / ".workflow/g/runs/1/tasks/work/attempts/1/turns/1/output.log"
    until(lambda: output.exists() and "begins" in output.read_text(), "the agent to begin")
    watching = scene.start("attach", "work")
    assert watching.stdout is not None
    assert watching.stdout.readline() == "turn 1 begins\n"
    watching.send_signal(signal.SIGINT)
    assert watching.wait(60) == 130
    (scene.repo.path / ".worktrees/g/lane/GO1").touch()
    assert run.wait(60) == 0
