"""A real agent drafts a graph; what is wrong with it goes back into the same session."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.adapters.model_server.script import Say, Script, Write
from tests.agents.stage import Stage, done

from agentrelay.interfaces.cli.drafting import FILE

GOOD = """\
schema_version: 1
name: books
tasks:
  - {id: shelf, description: Build a shelf., agent: claude}
"""


def test_an_agent_mends_the_graph_that_it_drafted(make_stage: Callable[[str], Stage]) -> None:
    stage = make_stage("claude")
    temporary = Path(os.environ["TMPDIR"])
    steps = (
        Write(FILE, GOOD.replace("claude", "claud")),
        done("drafted"),
        Say("There it is."),
        Write(FILE, GOOD),
        done("mended"),
        Say("Now it is right."),
    )
    folder = f"{temporary}/agentrelay-draft-*/*/.worktrees/draft/do-draft"
    stage.server.play(Script("# Task draft\n", list(steps)), folder)
    code, printed = stage.call("draft", "sell books", "--agent", "claude", "--yes")
    assert code == 0, printed
    assert (stage.repo.path / "graph.yaml").read_text() == GOOD
    # All of it is one conversation, so it was one session.
    asked = stage.server.conversations("# Task draft\n")[-1]
    assert any("AR-GRAPH-013" in text for text in asked.texts)
    assert stage.repo.status() == "?? graph.yaml"
    assert not list(temporary.glob("agentrelay-draft-*"))
