"""`run --only`: what was not asked for is named wherever a person looks, with what goes on."""

from __future__ import annotations

from tests.integration.cli.scene import Scene

GRAPH = """name: o
agents: {w: {adapter: command, run: 'echo x > "$AGENTRELAY_TASK.txt"'}}
defaults: {agent: w}
workstreams: [{id: lane, auto_merge: true}]
tasks:
  - {id: o1, workstream_id: lane, description: First.}
  - {id: o2, workstream_id: lane, description: Then., dependencies: [o1]}
"""
WHY = "was not asked for by --only: agentrelay resume o goes on with all"


def test_the_rest_waits_for_a_named_command_that_does_it(scene: Scene) -> None:
    done = scene.call("run", scene.graph(GRAPH), "--only", "o1")
    assert done.code == 0, done.err
    assert "run 1 of o: did what was asked for" in done.out
    assert "o (only): task o2 not asked for by --only\n  agentrelay resume o\n" in done.err
    assert WHY in scene.call("status").out
    explained = scene.call("explain", "o2").out
    assert WHY in explained
    assert "what would move it\n    agentrelay resume o\n" in explained
    resumed = scene.call("resume", "o")
    assert resumed.code == 0, resumed.err
    assert scene.repo.files("main") == ["README.md", "o1.txt", "o2.txt"]
