"""What agents of a role are told: ours, or the user's own, as it was when the run began."""

from __future__ import annotations

from tests.integration.cli.scene import Scene

TEMPLATE = "Ours: {{task}}\n\n{{description}}\n\n{{how_to_end}}\n"
GRAPH = """\
name: shop
roles: [painter]
agents:
  told: {adapter: command, run: 'cp "$AGENTRELAY_INSTRUCTIONS" "$AGENTRELAY_TASK.md"; TAMPER'}
defaults: {agent: told}
workstreams: [{id: lane}]
tasks:
  - {id: one, workstream_id: lane, description: Do it., role: implementer}
  - {id: two, workstream_id: lane, description: Do it., role: painter, dependencies: [one]}
  - {id: three, workstream_id: lane, description: Do it., role: reviewer, dependencies: [two]}
"""
FOLDER = ".agentrelay/instructions"


def test_own_instructions_hold_for_the_whole_run_whatever_agents_write(scene: Scene) -> None:
    scene.repo.write({f"{FOLDER}/implementer.md": TEMPLATE, f"{FOLDER}/generic.md": TEMPLATE})
    tamper = (
        f"mkdir -p {FOLDER}; for r in generic painter reviewer; do echo bad > {FOLDER}/$r.md; done"
    )
    graph = scene.graph(GRAPH.replace("TAMPER", f"{tamper}; cp {FOLDER}/*.md ../../../{FOLDER}"))
    done = scene.call("run", graph)
    assert done.code == 5, done.err
    assert (scene.repo.path / FOLDER / "reviewer.md").read_text() == "bad\n"
    lane = "agentrelay/shop/lane/integration"
    told = {name: scene.repo.show(f"{name}.md", lane) for name in ("one", "two", "three")}
    assert told["one"].startswith("Ours: one\n\nDo it.\n\n## How to end")
    # A role that only the graph knows has the user's generic one.
    assert told["two"].startswith("Ours: two\n\nDo it.")
    assert told["three"].startswith("# Task three\n\nDo it.\n\n## Your role\n\nYou review")
    shown = scene.call("show", "task:shop/one").out
    assert "implementer (instructions: repository)" in shown
    assert "instructions: built in" in scene.call("show", "task:shop/three").out


def test_an_unknown_placeholder_is_told_before_anything_is_started(scene: Scene) -> None:
    scene.repo.write({f"{FOLDER}/implementer.md": TEMPLATE.replace("{{task}}", "{{tsk}}")})
    graph = scene.graph(GRAPH.replace("TAMPER", "true"))
    for verb in ("plan", "run"):
        done = scene.call(verb, graph)
        assert done.code == 2
        assert "error[AR-GRAPH-035]" in done.err
        assert f"{FOLDER}/implementer.md:1:7" in done.err
        assert 'did you mean "task"?' in done.err
    assert not (scene.repo.path / ".workflow/shop/runs").exists()


def test_instructions_of_a_role_that_no_task_has_are_left_alone(scene: Scene) -> None:
    scene.repo.write({f"{FOLDER}/spec_writer.md": "nothing of use"})
    assert scene.call("plan", scene.graph(GRAPH.replace("TAMPER", "true"))).code == 0
    listed = scene.call("config").out
    assert f"instructions from {FOLDER}: spec_writer" in listed
    assert scene.call("config", "--instructions", "spec_writer").out == "nothing of use"
    scene.repo.write({f"{FOLDER}/reviewer.md": ""})
    assert "## Your role" in scene.call("config", "--instructions", "reviewer").out
