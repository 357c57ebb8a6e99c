"""`draft`: an agent writes a graph elsewhere, and nothing else changes."""

from __future__ import annotations

import os
import shlex
import signal
from pathlib import Path

from tests.integration.cli.scene import Scene, until

GOOD = """\
schema_version: 1
name: books
tasks:
  - {id: shelf, description: Build a shelf., agent: claude}
"""


def copies(scene: Scene) -> list[Path]:
    return list(scene.temporary.glob("agentrelay-draft-*"))


def test_problems_go_back_to_the_agent_and_the_repository_is_as_it_was(
    scene: Scene, tmp_path: Path
) -> None:
    told, good = tmp_path / "told", tmp_path / "good"
    good.write_text(GOOD)
    first = f'cp "$AGENTRELAY_INSTRUCTIONS" {told}.1; sed s/claude/claud/ {good} > $f'
    again = f'cp "$AGENTRELAY_FEEDBACK" {told}.2; cp {good} $f'
    line = (
        f'f=agentrelay-draft.yaml; if [ -z "$AGENTRELAY_FEEDBACK" ]; then {first}; else {again}; fi'
    )
    scene.repo.write({"mine.txt": "not committed\n"})
    refs = scene.repo.git("for-each-ref")
    made = scene.call("draft", "Sell: books", "--run", f"{line}; echo junk > README.md")
    assert made.code == 0, made.err
    assert "graph books: lanes 1, tasks 1" in made.out
    assert "agentrelay run graph.yaml" in made.err
    assert (scene.repo.path / "graph.yaml").read_text() == GOOD
    asked = Path(f"{told}.1").read_text()
    assert all(part in asked for part in ("Sell: books", "`inputs_from`", "    README.md\n"))
    assert 'did you mean "claude"?' in Path(f"{told}.2").read_text()
    assert scene.repo.git("for-each-ref") == refs
    assert scene.repo.status().split("\n") == ["?? graph.yaml", "?? mine.txt"]
    assert not (scene.repo.path / ".workflow").exists()
    assert copies(scene) == []


def test_a_graph_that_stays_wrong_is_kept_and_named(scene: Scene) -> None:
    line = "echo 'name: books' > agentrelay-draft.yaml"
    made = scene.call("draft", "x", "--run", line, "--turns", "2")
    assert made.code == 4
    assert "the graph has problems after 2 turns" in made.err
    (copy,) = copies(scene)
    (last,) = [each for each in shlex.split(made.err) if each.endswith("/agentrelay-draft.yaml")]
    assert Path(last).is_relative_to(copy)
    assert Path(last).read_text() == "name: books\n"
    assert not (scene.repo.path / "graph.yaml").exists()


def test_a_draft_that_was_not_written_is_said_to_be_missing(scene: Scene) -> None:
    made = scene.call("draft", "x", "--run", "echo 'name: x' > graph.yaml", "--turns", "1")
    assert made.code == 4
    assert "no graph was drafted: agentrelay-draft.yaml was not written\n" in made.err
    helped = " ".join(scene.call("draft", "--help").out.split())
    assert "Shell line that writes agentrelay-draft.yaml instead." in helped


def test_an_interruption_ends_the_agent(scene: Scene, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    process = scene.start("draft", "x", "--run", f"echo $$ > {pid}; exec sleep 100")
    until(lambda: pid.exists() and pid.read_text().strip(), "the agent")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "the agent is ended" in err
    until(lambda: not Path(f"/proc/{pid.read_text().strip()}").exists(), "the agent's end")
    assert not os.path.exists(scene.repo.path / ".workflow")


def test_a_file_that_is_there_is_not_replaced_unasked(scene: Scene) -> None:
    scene.repo.write({"graph.yaml": "mine"})
    made = scene.call("draft", "x", "--run", "true")
    assert (made.code, copies(scene)) == (2, [])
    assert "graph.yaml is there already" in made.err
